// SPDX-License-Identifier: Apache-2.0
// HTTPS on the server and in the client (rest-api.md §1, cli.md §4, behaviour-services.md §11).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { graphOf, nodeOf, until, withApi } from './api-fixture.js';
import { skydive } from './cli-fixture.js';

const folder = join(import.meta.dirname, '../../../test/fixtures/tls');
const path = (name: string) => join(folder, name);
const pem = (name: string) => readFileSync(path(name));

const tls = { cert: pem('server.crt'), key: pem('server.key'), ca: pem('ca.crt') };
const client = { cert: pem('client.crt'), key: pem('client.key') };
const stranger = { cert: pem('stranger.crt'), key: pem('stranger.key') };

function ask(port: number, url: string, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: url, agent: false, ca: tls.ca, ...options })
      .on('response', (answer) => {
        answer.resume();
        resolve(answer);
      })
      .on('error', reject)
      .end();
  });
}

test('strict transport security is announced on /login, not on /api', async () => {
  await withApi({ tls }, async ({ port }) => {
    const login = await ask(port, '/login', {});
    assert.equal(login.headers['strict-transport-security'], 'max-age=63072000; includeSubDomains');
    const api = await ask(port, '/api', {});
    assert.equal(api.statusCode, 200);
    assert.equal(api.headers['strict-transport-security'], undefined);
  });
});

test('TLS 1.1 is refused', async () => {
  await withApi({ tls }, async ({ port }) => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(ask(port, '/api', old));
    assert.equal((await ask(port, '/api', { maxVersion: 'TLSv1.2' })).statusCode, 200);
  });
});

test('a client certificate is not needed, but one that nobody vouches for is refused', async () => {
  await withApi({ tls }, async ({ port }) => {
    assert.equal((await ask(port, '/api', {})).statusCode, 200);
    assert.equal((await ask(port, '/api', client)).statusCode, 200);
    await assert.rejects(ask(port, '/api', stranger));
  });
});

test('a client certificate may be required', async () => {
  await withApi({ tls: { ...tls, requireClientCert: true } }, async ({ port }) => {
    await assert.rejects(ask(port, '/api', {}));
    await assert.rejects(ask(port, '/api', stranger));
    assert.equal((await ask(port, '/api', client)).statusCode, 200);
  });
});

test('plain HTTP on the port of HTTPS is closed, the others are served', async () => {
  await withApi({ tls }, async ({ port }) => {
    const { request: plain } = await import('node:http');
    await assert.rejects(
      new Promise((resolve, reject) => {
        plain({ host: '127.0.0.1', port, path: '/api', agent: false })
          .on('response', resolve)
          .on('error', reject)
          .end();
      }),
    );
    assert.equal((await ask(port, '/api', {})).statusCode, 200);
  });
});

test('the client speaks https when it has certificate and key', async () => {
  await withApi(
    { tls: { ...tls, requireClientCert: true }, source: graphOf([nodeOf('a')]) },
    async ({ port }) => {
      const query = ['client', 'query', 'G.V().Count()', '--analyzer', `127.0.0.1:${port}`];
      const pair = ['--cert', path('client.crt'), '--key', path('client.key')];
      const good = await skydive([...query, ...pair, '--cacert', path('ca.crt')]);
      assert.equal(good.stdout, '1\n', good.stderr);
      const unknown = await skydive([...query, ...pair]);
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /certificate/);
      const insecure = await skydive([...query, ...pair, '--insecure']);
      assert.equal(insecure.stdout, '1\n');
      const plain = await skydive([...query, '--cacert', path('ca.crt')]);
      assert.equal(plain.code, 1);
    },
  );
});

test('an upgrade is handed over with its socket, and cut at stop', async () => {
  let handed = 0;
  let closed = false;
  const { connect } = await import('node:net');
  const socket = await new Promise<import('node:net').Socket>((resolve, reject) => {
    withApi(
      {
        upgrade: (_request, taken) => {
          handed++;
          taken.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        },
      },
      async ({ port }) => {
        const mine = connect(port, '127.0.0.1');
        mine.on('close', () => {
          closed = true;
        });
        mine.on('error', () => {});
        mine.resume();
        mine.write('GET /ws/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        await until(() => handed === 1 && mine.bytesRead > 0);
        resolve(mine);
      },
    ).catch(reject);
  });
  await until(() => closed);
  socket.destroy();
});
