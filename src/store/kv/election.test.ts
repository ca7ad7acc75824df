// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { silentLogger } from '../../log/logger.js';
import { Election } from './election.js';
import { embeddedKv } from './embedded/kv.js';
import { KeySpace } from './embedded/space.js';
import { until } from './store.contract.js';
import type { KvStore } from './store.js';

const times = { ttlS: 1, refreshMs: 150, retryMs: 20, marginMs: 200 };

async function emptyStore(t: TestContext): Promise<KvStore> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-election-'));
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(async () => {
    await kv.close();
    await rm(folder, { recursive: true, force: true });
  });
  return kv;
}

/** The store as seen over a network that can be cut. Watches on a cut network stay silent, as long polls do. */
function overNetwork(kv: KvStore) {
  const network = { cut: false };
  const through = <T>(call: () => Promise<T>): Promise<T> =>
    network.cut ? Promise.reject(new SkydiveError('SKY_E_STORE', 'the network is cut')) : call();
  const seen: KvStore = {
    get: (key) => through(() => kv.get(key)),
    list: (folder) => through(() => kv.list(folder)),
    set: (...args) => through(() => kv.set(...args)),
    create: (...args) => through(() => kv.create(...args)),
    update: (...args) => through(() => kv.update(...args)),
    compareAndSet: (...args) => through(() => kv.compareAndSet(...args)),
    delete: (key) => through(() => kv.delete(key)),
    compareAndDelete: (...args) => through(() => kv.compareAndDelete(...args)),
    watch: (key, after, { event, lost }) =>
      kv.watch(key, after, {
        event: (each) => {
          if (!network.cut) event(each);
        },
        lost,
      }),
    close: () => kv.close(),
  };
  return { network, seen };
}

function candidate(kv: KvStore, host: string, monotonic?: () => number): Election {
  const clock = monotonic === undefined ? {} : { monotonic };
  return new Election({ kv, name: 'test', host, logger: silentLogger, times, ...clock });
}

test('one of several candidates is master; when it leaves, another one is', async (t) => {
  const kv = await emptyStore(t);
  const candidates = ['an1', 'an2', 'an3'].map((host) => candidate(kv, host));
  t.after(() => Promise.all(candidates.map((each) => each.stop())));
  const masters = () => candidates.filter((each) => each.isMaster);
  for (const each of candidates) each.start();
  await until('there is a master', () => masters().length === 1);
  assert.match((await kv.get('/elections/test'))?.value ?? '', /^an[123]$/);
  const [first] = masters();
  await first!.stop();
  await until('another one took over', () => masters().length === 1 && masters()[0] !== first);
});

test('the first decision and each change are told', async (t) => {
  const kv = await emptyStore(t);
  const told: string[] = [];
  const [one, two] = [candidate(kv, 'an1'), candidate(kv, 'an2')];
  t.after(() => two.stop());
  one.on((state) => told.push(`an1 ${state}`));
  two.on((state) => told.push(`an2 ${state}`));
  one.start();
  await until('an1 is master', () => told.length === 1);
  two.start();
  await until('an2 is slave', () => told.length === 2);
  await one.stop();
  await until('an2 is master', () => told.length === 3);
  assert.deepEqual(told, ['an1 master', 'an2 slave', 'an2 master']);
});

test('an own key that a former life left is taken over at once', async (t) => {
  const kv = await emptyStore(t);
  await kv.create('/elections/test', 'an1', { ttlS: 1000 });
  const one = candidate(kv, 'an1');
  t.after(() => one.stop());
  one.start();
  await until('it is master', () => one.isMaster);
  assert.ok(((await kv.get('/elections/test'))?.ttlS ?? 1000) <= 1);
});

test('a master that was suspended is no master when it wakes, before anything told it so', async (t) => {
  const kv = await emptyStore(t);
  let skipped = 0;
  const one = candidate(kv, 'an1', () => performance.now() + skipped);
  t.after(() => one.stop());
  one.start();
  await until('it is master', () => one.isMaster);
  skipped = 10_000;
  assert.equal(one.isMaster, false);
  await until('it is elected again', () => one.isMaster);
});

test('somebody who overwrites the key ends the mastership', async (t) => {
  const kv = await emptyStore(t);
  const one = candidate(kv, 'an1');
  t.after(() => one.stop());
  one.start();
  await until('it is master', () => one.isMaster);
  await kv.set('/elections/test', 'somebody', { ttlS: 1 });
  await until('it steps down', () => !one.isMaster);
  await until('it is elected when the key is gone', () => one.isMaster);
});

test('never two masters, whoever is cut off; after healing there is one', { timeout: 60_000 }, async (t) => {
  const kv = await emptyStore(t);
  const members = ['an1', 'an2', 'an3'].map((host) => {
    const { network, seen } = overNetwork(kv);
    return { host, network, election: candidate(seen, host) };
  });
  t.after(() => Promise.all(members.map(({ election }) => election.stop())));
  /** Who was master at each look. */
  const history: string[][] = [];
  const look = () => {
    const masters = members.filter(({ election }) => election.isMaster).map(({ host }) => host);
    history.push(masters);
    return masters;
  };
  const looking = setInterval(look, 5);
  t.after(() => clearInterval(looking));
  for (const { election, network } of members) {
    // Listeners act on what they hear: the moment of the change counts as well.
    election.on(look);
    network.cut = false;
    election.start();
  }
  for (let round = 0; round < 8; round++) {
    await until('there is one master', () => look().length === 1);
    const master = members.find(({ election }) => election.isMaster)!;
    master.network.cut = true;
    await until('another one is master', () => {
      const [next] = look();
      return next !== undefined && next !== master.host;
    });
    assert.equal(master.election.isMaster, false);
    master.network.cut = false;
  }
  for (const { network } of members) network.cut = true;
  await until('nobody is master without the store', () => look().length === 0);
  for (const { network } of members) network.cut = false;
  await until('after healing there is one', () => look().length === 1);
  assert.deepEqual(
    history.filter((masters) => masters.length > 1),
    [],
  );
  assert.ok(new Set(history.flat()).size >= 2, 'the mastership moved');
});
