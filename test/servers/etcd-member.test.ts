// SPDX-License-Identifier: Apache-2.0
// A cluster of `etcd.peers`: three members, each run by an analyzer of its own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../src/log/logger.js';
import { EtcdMember } from '../../src/store/kv/member/member.js';
import { until } from '../../src/store/kv/store.contract.js';
import { scratch, startAnalyzer } from '../e2e/trust-fixture.js';
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
        'etcd.data_dir': join(folder, name),
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
