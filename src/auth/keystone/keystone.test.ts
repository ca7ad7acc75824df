// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { KeystoneBackend } from './backend.js';

interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly token?: string;
}

/** An identity service that says what the test wants, and remembers what it was asked. */
async function identityService(t: TestContext, answer: (asked: Asked) => Answer) {
  const asked: Asked[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { line: `${request.method} ${request.url}`, headers: request.headers, body };
    asked.push(one);
    const { status, body: text, token } = answer(one);
    if (token !== undefined) response.setHeader('X-Subject-Token', token);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(text ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const later = new Date(Date.now() + 3_600_000).toISOString();
const v3 = (user: string, project: string, domain: string, expires_at = later) => ({
  token: { user: { name: user }, project: { name: project, domain: { name: domain } }, expires_at },
});
const options = { tenant: 'admin', domain: 'Default' };
const unauthorized = (message: RegExp | string) => ({ code: 'SKY_E_UNAUTHORIZED', message });

test('version 3: login, validation, and the token is asked about once in a while only', async (t) => {
  const { asked, url } = await identityService(t, ({ line }) =>
    line.startsWith('POST')
      ? { status: 201, token: 'gAAA' }
      : { status: 200, body: v3('bob', 'admin', 'Default') },
  );
  let now = 0;
  const backend = new KeystoneBackend({ ...options, urls: [`${url}/v3`], now: () => now });
  assert.deepEqual(await backend.login('bob', 'pw', 'x'), { user: 'bob', token: 'gAAA' });
  assert.equal(asked[0]?.line, 'POST /v3/auth/tokens');
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'bob', password: 'pw', domain: { name: 'Default' } } },
      },
      scope: { project: { name: 'admin', domain: { name: 'Default' } } },
    },
  });
  assert.equal(asked[1]?.line, 'GET /v3/auth/tokens');
  assert.equal(asked[1]?.headers['x-auth-token'], 'gAAA');
  assert.equal(asked[1]?.headers['x-subject-token'], 'gAAA');
  await Promise.all([backend.authenticate('gAAA'), backend.authenticate('gAAA')]);
  assert.equal(asked.length, 2);
  now = 10_001;
  await Promise.all([backend.authenticate('gAAA'), backend.authenticate('gAAA')]);
  assert.equal(asked.length, 3);
  await backend.logout('gAAA');
  assert.equal(asked[3]?.line, 'DELETE /v3/auth/tokens');
  await backend.authenticate('gAAA');
  assert.equal(asked.length, 5);
});

const refusals: readonly [string, Answer, RegExp | string][] = [
  ['another project', { status: 200, body: v3('bob', 'other', 'Default') }, 'Tenant mismatch'],
  ['another domain', { status: 200, body: v3('bob', 'admin', 'Other') }, 'Domain mismatch'],
  [
    'an expired token',
    { status: 200, body: v3('bob', 'admin', 'Default', '2020-01-01T00:00:00Z') },
    'The token has expired',
  ],
  [
    'a token without a time',
    { status: 200, body: v3('bob', 'admin', 'Default', '') },
    'The token has expired',
  ],
  [
    'a revoked token',
    { status: 404, body: { error: { message: 'Could not find token' } } },
    'Could not find token',
  ],
  ['a server in trouble', { status: 503 }, /^Keystone does not answer: .*503/],
  ['something that is not Keystone', { status: 200, body: [] }, 'Tenant mismatch'],
];

for (const [name, answer, message] of refusals) {
  test(`${name} is refused`, async (t) => {
    const { url } = await identityService(t, () => answer);
    const backend = new KeystoneBackend({ ...options, urls: [url] });
    await assert.rejects(backend.authenticate('token'), unauthorized(message));
  });
}

test('what is no token never reaches Keystone', async (t) => {
  const { asked, url } = await identityService(t, () => ({
    status: 200,
    body: v3('bob', 'admin', 'Default'),
  }));
  const backend = new KeystoneBackend({ ...options, urls: [url] });
  for (const credential of ['', 'Basic dTpw', 'a\r\nb', 'x'.repeat(9000)]) {
    await assert.rejects(backend.authenticate(credential), { code: 'SKY_E_UNAUTHORIZED' });
  }
  assert.equal(asked.length, 0);
});

test('an empty domain is version 2', async (t) => {
  const access = {
    token: { id: 'abc', expires: later, tenant: { name: 'admin' } },
    user: { username: 'bob' },
  };
  const { asked, url } = await identityService(t, () => ({ status: 200, body: { access } }));
  const backend = new KeystoneBackend({ urls: [`${url}/v2.0/`], tenant: 'admin', domain: '' });
  assert.deepEqual(await backend.login('bob', 'pw', 'x'), { user: 'bob', token: 'abc' });
  assert.deepEqual(
    asked.map(({ line }) => line),
    ['POST /v2.0/tokens', 'GET /v2.0/tokens/abc'],
  );
});

test('an address that does not answer is passed over', async (t) => {
  const { url } = await identityService(t, () => ({ status: 200, body: v3('bob', 'admin', 'Default') }));
  const backend = new KeystoneBackend({ ...options, urls: ['http://127.0.0.1:1', url] });
  assert.equal(await backend.authenticate('token'), 'bob');
});

test('wrong passwords are slowed down, a Keystone that is away is nobody’s fault', async (t) => {
  let status = 401;
  const { url } = await identityService(t, () => ({ status, body: { error: { message: 'wrong' } } }));
  const backend = new KeystoneBackend({ ...options, urls: [url], now: () => 0 });
  status = 500;
  for (let attempt = 0; attempt < 8; attempt++) {
    await assert.rejects(backend.login('bob', 'x', 'y'), unauthorized(/^Keystone does not answer/));
  }
  status = 401;
  for (let attempt = 0; attempt < 6; attempt++)
    await assert.rejects(backend.login('bob', 'x', 'y'), unauthorized('wrong'));
  await assert.rejects(backend.login('bob', 'x', 'y'), unauthorized(/^Too many/));
});
