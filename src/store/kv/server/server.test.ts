// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../../log/logger.js';
import { KeySpace } from '../embedded/space.js';
import { EtcdServers } from '../etcd/servers.js';
import { etcdV2 } from '../etcd/v2.js';
import { kvContract } from '../store.contract.js';
import { KvServer, type KvServerLimits } from './server.js';

async function served(t: TestContext, limits: Partial<KvServerLimits> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-kv-server-'));
  const space = await KeySpace.open({ folder, logger: silentLogger });
  const server = new KvServer({
    space,
    listen: { host: '127.0.0.1', port: 0 },
    name: 'an1',
    logger: silentLogger,
    mayWrite: () => false,
    limits,
  });
  const { port } = await server.start();
  t.after(async () => {
    await server.stop();
    await space.close();
    await rm(folder, { recursive: true, force: true });
  });
  return `http://127.0.0.1:${port}`;
}

kvContract('API v2 of the embedded store', {
  async open(t) {
    const servers = new EtcdServers({ urls: [await served(t)], timeoutMs: 5000 });
    return { kv: etcdV2(servers), folder: '/suite' };
  },
});

/** What a client gets that sends this and then nothing more, until it is cut off. */
async function whatSlowOnesGet(url: string, ...texts: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('utf8');
  let got = '';
  socket.on('data', (text) => {
    got += text;
  });
  socket.on('error', () => {});
  for (const text of texts) socket.write(text);
  await once(socket, 'close');
  return got;
}

test('clients that do not finish what they began are cut off', { timeout: 20_000 }, async (t) => {
  const url = await served(t, { headersTimeoutMs: 100, requestTimeoutMs: 300 });
  assert.equal(await whatSlowOnesGet(url), '');
  const head = 'PUT /v2/keys/x HTTP/1.1\r\nHost: x\r\n';
  assert.match(await whatSlowOnesGet(url, head), /^HTTP\/1\.1 408 |^$/);
  const body = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nvalue=1';
  assert.match(await whatSlowOnesGet(url, head, body), /^HTTP\/1\.1 408 |^$/);
  assert.equal((await fetch(`${url}/v2/keys/x`)).status, 404);
});

test('a watch waits longer than a request may take', async (t) => {
  const url = await served(t, { headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const seen = fetch(`${url}/v2/keys/x?wait=true`);
  // Other clients come and go until the times are over.
  await whatSlowOnesGet(url, 'PUT ');
  await whatSlowOnesGet(url, 'PUT ');
  await whatSlowOnesGet(url, 'PUT ');
  await fetch(`${url}/v2/keys/x`, { method: 'PUT', body: new URLSearchParams({ value: '1' }) });
  assert.match(await (await seen).text(), /"value":"1"/);
});

test('what is too large is refused: headers, bodies', async (t) => {
  const url = await served(t);
  const big = await fetch(`${url}/v2/keys/x`, {
    method: 'PUT',
    body: new URLSearchParams({ value: 'x'.repeat(2 * 1024 * 1024) }),
  });
  assert.equal(big.status, 413);
  assert.equal((await fetch(`${url}/v2/keys/x`, { headers: { A: 'x'.repeat(20_000) } })).status, 431);
  assert.equal((await fetch(`${url}/v2/keys/${'x'.repeat(20_000)}`)).status, 431);
});
