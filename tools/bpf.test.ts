// SPDX-License-Identifier: Apache-2.0
// The program that the addon carries is what its source gives.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

test('the committed program was made of the committed source', () => {
  const hash = createHash('sha256');
  for (const name of ['flow.bpf.c', 'flow.h']) hash.update(readFileSync(join(root, 'native/bpf', name)));
  const image = readFileSync(join(root, 'native/bpf/flow_image.h'), 'utf8');
  assert.ok(image.includes(hash.digest('hex')), 'run node tools/bpf.mjs');
});

test('the compiler makes the same program again', (t) => {
  if (spawnSync('clang-14', ['--version']).error !== undefined) {
    assert.notEqual(process.env['CI'], 'true', 'this test needs clang-14');
    t.skip('needs clang-14');
    return;
  }
  const { status, stderr } = spawnSync(process.execPath, ['tools/bpf.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});
