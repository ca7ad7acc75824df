// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../../src/store/kv/store.contract.js';
import { ask, startAnalyzer } from '../e2e/trust-fixture.js';
import { setUp } from './etcd.js';
import { adminPassword, Keystone } from './keystone.js';

const missing = setUp('keystone');
const options = { ...(missing !== undefined && { skip: missing }), timeout: 180_000 };

let shared: Promise<Keystone> | undefined;
const running = () => {
  shared ??= Keystone.start();
  return shared;
};
after(async () => {
  const keystone = await shared?.catch(() => undefined);
  await keystone?.stop();
  keystone?.remove();
});

const section = (url: string, over: Readonly<Record<string, string>> = {}) => ({
  'auth.ks.type': 'keystone',
  'auth.ks.auth_url': url,
  'auth.ks.tenant_name': 'admin',
  'auth.ks.domain_name': 'Default',
  'analyzer.auth.api.backend': 'ks',
  ...over,
});

const login = (port: number, username: string, password: string) =>
  ask({
    port,
    method: 'POST',
    path: '/login',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString(),
  });

async function tokenOf(port: number): Promise<string> {
  const answer = await login(port, 'admin', adminPassword);
  assert.equal(answer.status, 200, answer.body);
  assert.match(String(answer.headers['set-cookie']), /authtoken=/);
  return (JSON.parse(answer.body) as { Token: string }).Token;
}

const status = async (port: number, token: string) =>
  (await ask({ port, method: 'GET', path: '/api/status', headers: { Cookie: `authtoken=${token}` } })).status;

test('a real Keystone: login, tokens, what is refused, revoked, and Keystone away', options, async (t) => {
  const keystone = await running();
  const { port } = await startAnalyzer(t, section(`http://127.0.0.1:1/v3,${keystone.url}`));
  const token = await tokenOf(port);
  assert.equal(await status(port, token), 200);

  const wrong = await login(port, 'admin', 'guess');
  assert.equal(wrong.status, 401);
  assert.match(wrong.body, /requires authentication/);
  assert.equal(await status(port, 'gAAAAAnonsense'), 401);

  // A token without a project, and one for a project of another name or domain.
  const body = (scope?: object) => ({
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', password: adminPassword, domain: { name: 'Default' } } },
      },
      ...(scope !== undefined && { scope }),
    },
  });
  const issue = async (scope?: object) => {
    const answer = await keystone.call('POST', '/auth/tokens', '', body(scope));
    assert.equal(answer.status, 201);
    return answer.headers.get('x-subject-token') ?? '';
  };
  assert.equal(await status(port, await issue()), 401);
  const project = await keystone.call('POST', '/projects', token, {
    project: { name: 'other', domain_id: 'default' },
  });
  const { project: other } = (await project.json()) as { project: { id: string } };
  const users = (await (await keystone.call('GET', '/users', token)).json()) as { users: { id: string }[] };
  const roles = (await (await keystone.call('GET', '/roles?name=admin', token)).json()) as {
    roles: { id: string }[];
  };
  await keystone.call(
    'PUT',
    `/projects/${other.id}/users/${users.users[0]!.id}/roles/${roles.roles[0]!.id}`,
    token,
  );
  const foreign = await issue({ project: { name: 'other', domain: { name: 'Default' } } });
  assert.equal(await status(port, foreign), 401);

  const strict = await startAnalyzer(t, section(keystone.url, { 'auth.ks.domain_name': 'Elsewhere' }));
  assert.equal(await status(strict.port, token), 401);
  assert.equal((await login(strict.port, 'admin', adminPassword)).status, 401);

  // Logged out here, the token is of no use anywhere.
  const leaving = await tokenOf(port);
  const out = await ask({
    port,
    method: 'POST',
    path: '/logout',
    headers: { Cookie: `authtoken=${leaving}` },
  });
  assert.equal(out.status, 204);
  assert.equal(await status(port, leaving), 401);
  assert.notEqual((await keystone.call('GET', '/projects', leaving)).status, 200);

  // Revoked at Keystone, it is believed no longer than the cache lives.
  const revoked = await tokenOf(port);
  assert.equal(await status(port, revoked), 200);
  const answer = await fetch(`${keystone.url}/auth/tokens`, {
    method: 'DELETE',
    headers: { Connection: 'close', 'X-Auth-Token': revoked, 'X-Subject-Token': revoked },
  });
  assert.equal(answer.status, 204);
  await until('the revoked token is refused', async () => (await status(port, revoked)) === 401, 20_000);

  const fresh = await tokenOf(port);
  await keystone.stop();
  const away = await login(port, 'admin', adminPassword);
  assert.equal(away.status, 401);
  assert.match(away.body, /Keystone does not answer/);
  await until(
    'without Keystone nobody new is let in',
    async () => (await status(port, fresh)) === 401,
    20_000,
  );
  await keystone.start();
  assert.equal(await status(port, fresh), 200);
});

test('a token of a real Keystone that has expired is refused', options, async (t) => {
  const keystone = await Keystone.start(8);
  t.after(async () => {
    await keystone.stop();
    keystone.remove();
  });
  const { port } = await startAnalyzer(t, section(keystone.url));
  const token = await tokenOf(port);
  assert.equal(await status(port, token), 200);
  await until('it has expired', async () => (await status(port, token)) === 401, 60_000);
  assert.equal(await status(port, await tokenOf(port)), 200);
});
