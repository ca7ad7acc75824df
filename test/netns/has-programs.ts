// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Whether the programs are there; a test that they are not there for is skipped, and fails in CI. */
export function hasPrograms(t: TestContext, ...programs: string[]): boolean {
  for (const program of programs) {
    if (['/usr/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, program)))) continue;
    assert.notEqual(process.env['CI'], 'true', `this test needs ${program}`);
    t.skip(`needs ${program}`);
    return false;
  }
  return true;
}
