// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeEbpf } from './ebpf-status.js';

test('what the kernel can do is told, or why it cannot', async () => {
  const { Available, Hooks, Error: error } = await probeEbpf();
  for (const hook of Hooks) assert.ok(['tcx', 'clsact', 'socket'].includes(hook), hook);
  assert.equal(Available, Hooks.length > 0);
  // Without the rights for it there is a reason.
  assert.equal(error === undefined, Available, error);
});
