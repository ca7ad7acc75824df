// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPrivileges } from './privileges.js';

test('root with all capabilities misses nothing', () => {
  assert.deepEqual(missingPrivileges('CapEff:\t000001ffffffffff\n'), []);
});

test('each capability that is missing is named with what stays unseen', () => {
  const missing = missingPrivileges('Name:\tnode\nCapEff:\t0000000000000000\n');
  assert.deepEqual(
    missing.map((line) => /CAP_[A-Z_]+/.exec(line)![0]),
    ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_PTRACE', 'CAP_SYS_ADMIN'],
  );
  assert.match(missingPrivileges('CapEff:\t000001ffffdfffff\n').join(), /^without CAP_SYS_ADMIN interfaces/);
});
