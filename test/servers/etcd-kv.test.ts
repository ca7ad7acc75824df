// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { silentLogger } from '../../src/log/logger.js';
import { Election } from '../../src/store/kv/election.js';
import { choiceKey, chooseApi } from '../../src/store/kv/etcd/choose-api.js';
import { EtcdServers } from '../../src/store/kv/etcd/servers.js';
import { etcdV2 } from '../../src/store/kv/etcd/v2.js';
import { etcdV3 } from '../../src/store/kv/etcd/v3.js';
import { kvContract, until, watching } from '../../src/store/kv/store.contract.js';
import { Etcd, setUp } from './etcd.js';

const missing = setUp('etcd');
const skip = missing === undefined ? {} : { skip: missing };

let shared: Promise<Etcd> | undefined;
const running = () => {
  shared ??= Etcd.start('--enable-v2=true');
  return shared;
};
after(async () => (await shared)?.stop());

const apis = { v2: etcdV2, v3: etcdV3 } as const;
const serversOf = (etcd: Etcd) => new EtcdServers({ urls: [etcd.url], timeoutMs: 3000 });

for (const [name, open] of Object.entries(apis)) {
  kvContract(`etcd, API ${name}`, {
    ...skip,
    async open() {
      return { kv: open(serversOf(await running())), folder: `/${randomUUID()}` };
    },
  });

  test(`etcd, API ${name}: watches and elections go on after a restart`, {
    ...skip,
    timeout: 60_000,
  }, async () => {
    const etcd = await Etcd.start('--enable-v2=true');
    const kv = open(serversOf(etcd));
    const times = { ttlS: 2, refreshMs: 300, retryMs: 50, marginMs: 300 };
    const candidates = ['an1', 'an2'].map(
      (host) => new Election({ kv, name: 'restart', host, logger: silentLogger, times }),
    );
    const history: number[] = [];
    const masters = () => candidates.filter((each) => each.isMaster).length;
    const looking = setInterval(() => history.push(masters()), 5);
    try {
      for (const each of candidates) each.start();
      await until('there is a master', () => masters() === 1);
      await kv.set('/a/x', '1');
      const { index } = await kv.list('/a');
      const seen = watching(kv, '/a', index);
      await kv.set('/a/x', '2');
      await until('the watch tells', () => seen.events.length === 1);

      await etcd.kill();
      await until('nobody is master without etcd', () => masters() === 0);
      await etcd.start();
      await until('one is master again', () => masters() === 1);
      await kv.set('/a/x', '3');
      await until('the watch tells again', () => seen.events.length === 2, 20_000);
      assert.equal((await kv.get('/a/x'))?.value, '3');

      etcd.signal('SIGSTOP');
      await until('nobody is master while etcd is frozen', () => masters() === 0);
      etcd.signal('SIGCONT');
      await until('one is master after it thawed', () => masters() === 1, 20_000);
      assert.ok(
        history.every((count) => count <= 1),
        'never two masters',
      );
      seen.stop();
    } finally {
      clearInterval(looking);
      await Promise.all(candidates.map((each) => each.stop()));
      await kv.close();
      await etcd.stop();
    }
  });
}

test('a watch of revisions that were compacted is told so', skip, async () => {
  const kv = etcdV3(serversOf(await running()));
  try {
    const first = await kv.set('/compacted/x', '0');
    for (let count = 1; count < 5; count++) await kv.set('/compacted/x', String(count));
    const { index } = await kv.list('/compacted');
    const answer = await fetch(`${(await running()).url}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision: String(index), physical: true }),
    });
    assert.equal(answer.status, 200);
    const seen = watching(kv, '/compacted', first.modifiedIndex);
    await until('the watch ends', () => seen.lost.length === 1);
    assert.match(String(seen.lost[0]), /compacted/);
  } finally {
    await kv.close();
  }
});

test('auto takes v2, writes it down, and another choice is refused', skip, async () => {
  const etcd = await Etcd.start('--enable-v2=true');
  const servers = serversOf(etcd);
  try {
    assert.equal((await chooseApi(servers, 'auto')).api, 'v2');
    assert.equal((await etcdV3(servers).get(choiceKey))?.value, 'v2');
    await assert.rejects(chooseApi(servers, 'v3'), { code: 'SKY_E_CONFIG', message: /set etcd\.api to v2/ });
    assert.equal((await chooseApi(servers, 'v2')).api, 'v2');
  } finally {
    servers.close();
    await etcd.stop();
  }
});

test('auto takes v3 where v2 is off; asking for v2 is refused', skip, async () => {
  const etcd = await Etcd.start('--enable-v2=false');
  const servers = serversOf(etcd);
  try {
    await assert.rejects(chooseApi(servers, 'v2'), { code: 'SKY_E_CONFIG', message: /--enable-v2/ });
    assert.equal((await chooseApi(servers, 'auto')).api, 'v3');
  } finally {
    servers.close();
    await etcd.stop();
  }
});
