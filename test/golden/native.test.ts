// SPDX-License-Identifier: Apache-2.0
// The C++ tests as part of `npm test`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

test('the C++ tests pass', (t) => {
  if (!existsSync('/usr/include/gtest/gtest.h') && process.env.CI !== 'true') {
    t.skip('needs libgtest-dev');
    return;
  }
  const run = spawnSync(process.execPath, [join(root, 'tools/native-test.mjs'), '--gtest_brief=1'], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
  assert.match(run.stdout, /\[ {2}PASSED {2}\] \d+ tests/);
});
