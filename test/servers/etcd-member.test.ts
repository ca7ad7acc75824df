// SPDX-License-Identifier: Apache-2.0
// A cluster of `etcd.peers`: three members, each run by an analyzer of its own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConfigValue } from '../../src/config/key.js';
import { silentLogger } from '../../src/log/logger.js';
import { EtcdMember } from '../../src/store/kv/member/member.js';
import { until } from '../../src/store/kv/store.contract.js';
import { opensslMissing, selfSigned, together } from '../e2e/self-signed.js';
import { ask, scratch, startAnalyzer } from '../e2e/trust-fixture.js';
import { freePort, setUp } from './etcd.js';

const missing = setUp('etcd');
const options = { ...(missing !== undefined && { skip: missing }), timeout: 120_000 };

/** A port whose successor is free as well: peers use it. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = 20_920 + 2 * Math.floor(Math.random() * 30);
    const { createServer } = await import('node:net');
    const free = await Promise.all(
      [port, port + 1].map(
        (each) =>
          new Promise<boolean>((resolve) => {
            const server = createServer();
            server.on('error', () => resolve(false));
            server.listen(each, '127.0.0.1', () => server.close(() => resolve(true)));
          }),
      ),
    );
    if (free.every(Boolean)) return port;
  }
}

test('three analyzers share one store, and it outlives any one of them', options, async (t) => {
  const ports: number[] = [];
  while (ports.length < 3) {
    const port = await freePair();
    if (!ports.includes(port)) ports.push(port);
  }
  const names = ['an-1', 'an-2', 'an-3'];
  const peers = Object.fromEntries(names.map((name, at) => [name, `http://127.0.0.1:${ports[at]! + 1}`]));
  const folder = scratch(t);
  const started = await Promise.all(
    names.map((name, at) =>
      startAnalyzer(t, {
        host_id: name,
        'etcd.name': name,
        'etcd.listen': `127.0.0.1:${ports[at]}`,
        'etcd.data_dir': join(folder, name, 'etcd'),
        'etcd.peers': peers,
      }),
    ),
  );
  const keys = async (at: number) => {
    const answer = await fetch(`http://127.0.0.1:${ports[at]}/v2/keys/?recursive=true`);
    return answer.text();
  };
  for (const name of names) assert.match(await keys(0), new RegExp(`/client:${name}/start-time`));
  await started[0]!.analyzer.stop();
  const answer = await fetch(`http://127.0.0.1:${ports[1]}/v2/keys/after`, {
    method: 'PUT',
    body: new URLSearchParams({ value: '1' }),
    signal: AbortSignal.timeout(20_000),
  });
  assert.equal(answer.status, 201);
  await until('the other one has it', async () => (await keys(2)).includes('/after'));
});

test('with https peers members and clients speak TLS only, each with a certificate of the authority', {
  ...options,
  ...(opensslMissing !== undefined && { skip: opensslMissing }),
}, async (t) => {
  const ports: number[] = [];
  while (ports.length < 3) {
    const port = await freePair();
    if (!ports.includes(port)) ports.push(port);
  }
  const names = ['an-1', 'an-2', 'an-3'];
  const peers = Object.fromEntries(names.map((name, at) => [name, `https://127.0.0.1:${ports[at]! + 1}`]));
  const folder = scratch(t);
  const pairs = names.map((name) => selfSigned(folder, name, '127.0.0.1'));
  const ca = together(folder, ...pairs.map(({ cert }) => cert));
  await Promise.all(
    names.map((name, at) =>
      startAnalyzer(t, {
        host_id: name,
        'etcd.name': name,
        'etcd.listen': `127.0.0.1:${ports[at]}`,
        'etcd.data_dir': join(folder, name, 'etcd'),
        'etcd.peers': peers,
        ...Object.fromEntries(
          ['server', 'client'].flatMap((side) => [
            [`tls.${side}_cert`, pairs[at]!.cert],
            [`tls.${side}_key`, pairs[at]!.key],
          ]),
        ),
        'tls.ca_cert': ca,
        'tls.require_client_cert': true,
      }),
    ),
  );
  const read = (path: string) => readFileSync(path, 'utf8');
  const tls = { ca: read(ca), cert: read(pairs[0]!.cert), key: read(pairs[0]!.key) };
  const keys = { method: 'GET', path: '/v2/keys/?recursive=true' };
  for (const port of ports) {
    const { body } = await ask({ port, ...keys, tls });
    for (const name of names) assert.match(body, new RegExp(`/client:${name}/start-time`));
    assert.equal((await ask({ port, ...keys, tls: { ca: tls.ca } })).status, 0, 'without a certificate');
    assert.notEqual((await ask({ port, ...keys })).status, 200, 'without TLS');
    const peer = { port: port + 1, method: 'GET', path: '/members' };
    assert.equal((await ask({ ...peer, tls: { ca: tls.ca } })).status, 0);
    assert.notEqual((await ask(peer)).status, 200);
    assert.equal((await ask({ ...peer, tls })).status, 200);
  }
});

test('https peers need the files of tls, and all of them have to be https', options, async (t) => {
  const start = (more: Readonly<Record<string, ConfigValue>>) =>
    startAnalyzer(t, { 'etcd.name': 'an1', 'etcd.peers': { an1: 'https://127.0.0.1:1' }, ...more });
  await assert.rejects(start({}), { code: 'SKY_E_CONFIG', message: /tls\.server_cert has to be set/ });
  const mixed = { an1: 'https://127.0.0.1:1', an2: 'http://127.0.0.1:2' };
  await assert.rejects(start({ 'etcd.peers': mixed }), { message: /either all URLs are https or none is/ });
});

test('a member that is killed is started again with its data', options, async (t) => {
  const port = await freePair();
  const member = new EtcdMember(
    {
      name: 'an1',
      folder: scratch(t),
      listen: { host: '127.0.0.1', port },
      peers: new Map([['an1', `http://127.0.0.1:${port + 1}`]]),
      maxWals: 5,
      maxSnapshots: 5,
      debug: false,
    },
    silentLogger,
  );
  t.after(() => member.stop());
  await member.start();
  const url = `http://127.0.0.1:${port}/v2/keys/x`;
  assert.equal((await fetch(url, { method: 'PUT', body: new URLSearchParams({ value: '1' }) })).status, 201);
  process.kill(member.pid!, 'SIGKILL');
  await until('it was started again', () => member.restarts === 1);
  await until('it has its data', async () => {
    const answer = await fetch(url).catch(() => undefined);
    return answer?.ok === true && (await answer.text()).includes('"value":"1"');
  });
});

test('a name that is not among the peers, and a host without etcd, are refused', options, async () => {
  const asked = {
    name: 'an9',
    folder: '/nowhere',
    listen: { host: '127.0.0.1', port: await freePort() },
    peers: new Map([['an1', 'http://127.0.0.1:1']]),
    maxWals: 5,
    maxSnapshots: 5,
    debug: false,
  };
  assert.throws(() => new EtcdMember(asked, silentLogger), {
    code: 'SKY_E_CONFIG',
    message: /^Unable to find Etcd name entry in the peers list: an9; .*an1$/,
  });
});
