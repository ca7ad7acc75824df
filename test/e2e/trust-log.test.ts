// SPDX-License-Identifier: Apache-2.0
// What the log and the status say of who comes in: attempts, logouts, and services that are open to everybody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Host } from './allinone-fixture.js';
import { ask, startAnalyzer } from './trust-fixture.js';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

test('each login and logout is a line of the log, with who, from where and what became of it', async (t) => {
  const { port, log } = await startAnalyzer(t, {
    'auth.users.type': 'basic',
    'auth.users.users': { bob: 'hidden-pw' },
    'analyzer.auth.api.backend': 'users',
  });
  const login = (body: string) => ask({ port, method: 'POST', path: '/login', headers: form, body });
  const entered = await login('username=bob&password=hidden-pw');
  assert.equal(entered.status, 200);
  const { Token } = JSON.parse(entered.body) as { Token: string };
  assert.equal((await login('username=bob&password=hidden-guess')).status, 401);
  assert.equal((await login('username=a%22%0Ab&password=hidden-guess')).status, 401);
  const cookie = { Cookie: `authtoken=${Token}` };
  assert.equal((await ask({ port, method: 'GET', path: '/api', headers: cookie })).status, 200);
  assert.equal((await ask({ port, method: 'POST', path: '/logout', headers: cookie })).status, 204);
  assert.equal(
    (await ask({ port, method: 'GET', path: '/api', headers: cookie })).status,
    401,
    'a logout revokes',
  );
  assert.deepEqual(
    log.filter((line) => / audit: .* log (in|out)/.test(line)),
    [
      'INFO audit: user "bob" from 127.0.0.1: log in as "bob": allowed',
      'WARN audit: unknown user from 127.0.0.1: log in as "bob": refused (Wrong credentials)',
      'WARN audit: unknown user from 127.0.0.1: log in as "a\\"\\nb": refused (Wrong credentials)',
      'INFO audit: user "bob" from 127.0.0.1: log out: allowed',
    ],
  );
  assert.ok(!log.some((line) => line.includes('hidden') || line.includes(Token)));
});

test('noauth beyond loopback is a warning at the start and in the status, on loopback it is none', {
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  for (const listen of ['127.0.0.1:8082', '0.0.0.0:8082']) {
    const host = new Host();
    t.after(() => host.remove());
    await host.up();
    const service = host.start('analyzer', '--listen', listen);
    await eventually(() => assert.match(service.log, /analyzer listening/), 30_000);
    const { stdout } = await host.skydive('client', 'status');
    const { Warnings } = JSON.parse(stdout) as { Warnings: string[] };
    const keys = listen.startsWith('127')
      ? []
      : ['analyzer.auth.api.backend', 'analyzer.auth.cluster.backend'];
    const texts = keys.map(
      (key) => `analyzer.listen is reachable from other hosts and ${key} lets everybody in`,
    );
    assert.deepEqual(Warnings, texts);
    for (const text of texts) assert.ok(service.log.includes(text), service.log);
  }
});
