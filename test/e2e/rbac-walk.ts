// SPDX-License-Identifier: Apache-2.0
// The documentation's walk through RBAC, to the letter; the policy goes up as `curl --data-urlencode value@…` sends it.

import assert from 'node:assert/strict';
import { until } from '../../src/store/kv/store.contract.js';
import { ask, basicAuth, type RunningAnalyzer } from './trust-fixture.js';

export const policy = `p, guests, alert, read, allow
p, guests, capture, read, allow
p, guests, topology, read, allow
g, bob, guests
g, alice, guests
p, alice, capture, write, allow
p, bob, topology, read, deny
`;

export const walkConfig = {
  'auth.users.type': 'basic',
  'auth.users.users': { alice: 'alice-pw', bob: 'bob-pw' },
  'analyzer.auth.api.backend': 'users',
};

const query = (port: number, user: string) =>
  ask({
    port,
    method: 'POST',
    path: '/api/topology',
    headers: { ...basicAuth(user, `${user}-pw`), 'Content-Type': 'application/json' },
    body: '{"GremlinQuery":"G.V().Count()"}',
  });

async function upload(etcdUrl: string, text: string): Promise<number> {
  const answer = await fetch(`${etcdUrl}/v2/keys/casbinPolicy`, {
    method: 'PUT',
    body: new URLSearchParams({ value: text }),
  });
  return answer.status;
}

/** Two analyzers that share the store behind `etcdUrl`. */
export async function walk(first: RunningAnalyzer, second: RunningAnalyzer, etcdUrl: string): Promise<void> {
  for (const { port } of [first, second]) {
    assert.equal((await query(port, 'bob')).status, 200);
    assert.equal((await query(port, 'alice')).status, 200);
  }
  assert.equal(await upload(etcdUrl, policy), 201);
  const sent = performance.now();
  for (const { port } of [first, second]) {
    await until('bob is refused', async () => (await query(port, 'bob')).status === 405, 1000);
    assert.equal((await query(port, 'alice')).status, 200);
    const login = await ask({
      port,
      method: 'POST',
      path: '/login',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'username=alice&password=alice-pw',
    });
    const { Permissions } = JSON.parse(login.body) as { Permissions: object[] };
    assert.ok(
      Permissions.some(
        (line) => JSON.stringify(line) === '{"Object":"capture","Action":"write","Allowed":true}',
      ),
    );
  }
  assert.ok(performance.now() - sent < 10_000);

  // A policy that is malformed changes nothing, and the status says so.
  assert.equal(await upload(etcdUrl, `${policy}nonsense\n`), 200);
  await until('it is refused', () => first.log.some((line) => /\/casbinPolicy, line 8.*refused/.test(line)));
  assert.equal((await query(first.port, 'bob')).status, 405);
}
