// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../src/store/kv/store.contract.js';
import { skydive } from './cli-fixture.js';
import { scratch, startAnalyzer } from './trust-fixture.js';

test('client rbac loads a policy, and says who may do what, and why', { timeout: 60_000 }, async (t) => {
  const { port, log } = await startAnalyzer(t, {
    'auth.users.type': 'basic',
    'auth.users.users': { root: 'pw', bob: 'pw' },
    'analyzer.auth.api.backend': 'users',
    'rbac.policy': ['g, bob, guest'],
  });
  const as = (user: string, ...args: string[]) =>
    skydive([
      'client',
      'rbac',
      ...args,
      '--analyzer',
      `127.0.0.1:${port}`,
      '--username',
      user,
      '--password',
      'pw',
    ]);
  const file = join(scratch(t), 'policy.csv');
  writeFileSync(file, 'p, guest, capture, read, allow\np, bob, topology, read, deny\n\nnonsense\n');
  const malformed = await as('root', 'load', file);
  assert.notEqual(malformed.code, 0);
  assert.match(malformed.stderr, /400.*policy, line 4: "nonsense" is neither p nor g/);

  writeFileSync(file, 'p, bob, topology, read, deny\n');
  const loaded = await as('root', 'load', file);
  assert.equal(loaded.stdout, '1 lines are stored\n', loaded.stderr);
  await until('it is in force', () =>
    log.some((line) => /1 lines of \/casbinPolicy are in force/.test(line)),
  );

  const checked = await as('root', 'check', 'bob', 'topology', 'read');
  assert.deepEqual(JSON.parse(checked.stdout), {
    User: 'bob',
    Object: 'topology',
    Action: 'read',
    Allowed: false,
    Roles: ['guest'],
    Lines: ['p, bob, topology, read, deny', 'p, guest, topology, read, allow'],
  });
  const shown = JSON.parse((await as('root', 'show', 'root')).stdout) as {
    Roles: string[];
    Permissions: object[];
  };
  assert.deepEqual(shown.Roles, ['admin']);
  assert.ok(shown.Permissions.length > 20);

  for (const args of [
    ['show', 'root'],
    ['load', file],
  ]) {
    const refused = await as('bob', ...args);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /405/);
  }
});
