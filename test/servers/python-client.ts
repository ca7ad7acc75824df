// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '../../..');

/** Folder of the programs of Python's client; skips the test where it cannot be installed, which CI does not accept. */
export function pythonClient(t: TestContext): string | undefined {
  const install = spawnSync(process.execPath, [join(root, 'tools/python-client.mjs')], { encoding: 'utf8' });
  if (install.status === 0) return install.stdout.trim();
  if (process.env['CI'] === 'true') assert.fail(`cannot install skydive-client: ${install.stderr}`);
  t.skip("needs Python's skydive-client");
  return undefined;
}
