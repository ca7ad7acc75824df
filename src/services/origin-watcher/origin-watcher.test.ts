// SPDX-License-Identifier: Apache-2.0
// wire-protocol.md §18: the pong keys, and what becomes of origins that nobody hears any more.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../graph/graph.js';
import { silentLogger } from '../../log/logger.js';
import { embeddedKv } from '../../store/kv/embedded/kv.js';
import { KeySpace } from '../../store/kv/embedded/space.js';
import { until } from '../../store/kv/store.contract.js';
import type { KvStore } from '../../store/kv/store.js';
import { OriginIndex } from '../../sync/origin-index.js';
import type { Clock } from '../../wire/clock.js';
import { Pool } from '../../wire/pool.js';
import { shareWire } from '../../wire/shared.js';
import type { Speaker } from '../../wire/speaker.js';
import { OriginWatcher } from './origin-watcher.js';

const startMs = 1_700_000_000_000;
const times = { ttlS: 2, refreshMs: 300, retryMs: 20, marginMs: 300 };

/** Timers and the time of day as the test says. */
function manualClock() {
  const repeated: (() => void)[] = [];
  const clock = {
    ms: startMs,
    now: () => clock.ms,
    after: () => ({ stop() {} }),
    every(_ms: number, run: () => void) {
      repeated.push(run);
      return { stop: () => void repeated.splice(repeated.indexOf(run), 1) };
    },
    /** Lets time pass; then the timers run. */
    pass(seconds: number) {
      clock.ms += seconds * 1000;
      for (const run of repeated) run();
    },
  };
  return clock satisfies Clock;
}

/** The store, and how often the watchers on it have looked and have tried to delete a key. */
interface Watched extends KvStore {
  readonly done: { looked: number; deleted: number };
}

async function store(t: TestContext): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-origins-'));
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(async () => {
    await kv.close();
    await rm(folder, { recursive: true, force: true });
  });
  const done = { looked: 0, deleted: 0 };
  return {
    done,
    async list(folder) {
      const listing = await kv.list(folder);
      if (folder === '/ws-pong/pods') done.looked++;
      return listing;
    },
    async compareAndDelete(name, expected) {
      const gone = await kv.compareAndDelete(name, expected);
      if (name.startsWith('/ws-pong/pods/')) done.deleted++;
      return gone;
    },
    get: (name) => kv.get(name),
    set: (...args) => kv.set(...args),
    create: (...args) => kv.create(...args),
    update: (...args) => kv.update(...args),
    compareAndSet: (...args) => kv.compareAndSet(...args),
    delete: (name) => kv.delete(name),
    watch: (...args) => kv.watch(...args),
    close: () => kv.close(),
  };
}

/** An analyzer's graph with two nodes of each origin, and its watcher. */
function analyzer(t: TestContext, kv: Watched, host: string, origins: readonly string[]) {
  const clock = manualClock();
  const graph = new Graph({ host, origin: `analyzer.${host}` });
  for (const origin of origins) {
    for (const end of ['a', 'b']) graph.addNode({ ID: `${origin} ${end}`, Origin: origin });
  }
  const agents = new Pool();
  const replica = new Pool();
  const watcher = new OriginWatcher({
    kv,
    graph,
    origins: new OriginIndex(graph),
    pools: [agents, replica],
    host,
    shared: shareWire({ log: silentLogger, clock }),
    logger: silentLogger,
    pingDelayMs: 2000,
    pongTimeoutMs: 5000,
    times,
  });
  t.after(() => watcher.stop());
  watcher.start();
  const held = (origin: string) => graph.getNode(`${origin} a`) !== undefined;
  return { clock, graph, agents, replica, watcher, held };
}

const speaker = (origin: string) => ({ origin, peer: { host: origin } }) as Speaker;
const key = (origin: string) => `/ws-pong/pods/${origin}`;

test('pongs of agents and analyzers are written down in seconds, not more often than needed', async (t) => {
  const kv = await store(t);
  const { clock, agents, replica } = analyzer(t, kv, 'an1', []);
  agents.alive(speaker('agent.h1'));
  replica.alive(speaker('analyzer.an2'));
  const value = async (origin: string) => (await kv.get(key(origin)))?.value;
  await until(
    'both are there',
    async () => (await value('agent.h1')) !== undefined && (await value('analyzer.an2')) !== undefined,
  );
  assert.equal(await value('agent.h1'), String(startMs / 1000));
  const first = (await kv.get(key('agent.h1')))?.modifiedIndex;
  clock.pass(2);
  agents.alive(speaker('agent.h1'));
  clock.pass(3);
  agents.alive(speaker('agent.h1'));
  await until('the later one is there', async () => (await value('agent.h1')) === String(startMs / 1000 + 5));
  const second = await kv.get(key('agent.h1'));
  assert.ok(second !== undefined && first !== undefined && second.modifiedIndex > first);
  assert.equal(second.ttlS, undefined, 'a key stays until somebody looks after it');
});

test('who was silent for five times the timeout loses its elements and its key; others do not', async (t) => {
  const kv = await store(t);
  const { clock, graph, agents, watcher, held } = analyzer(t, kv, 'an1', [
    'agent.gone',
    'agent.here',
    'agent.elsewhere',
    'analyzer.peer',
    'analyzer.an1',
    'api.an1',
  ]);
  await until('it is master', () => watcher.isMaster);
  for (const origin of ['agent.gone', 'agent.elsewhere', 'analyzer.peer']) {
    await kv.set(key(origin), String(startMs / 1000));
  }
  agents.add(speaker('agent.here'));
  clock.pass(34);
  await until('it has looked', () => kv.done.looked === 1);
  assert.equal(graph.nodeCount, 12);
  // Heard by another analyzer in time.
  await kv.set(key('agent.elsewhere'), String(startMs / 1000 + 30));
  await until('the silent ones are gone', async () => {
    if (clock.ms < startMs + 36_000) clock.pass(2);
    return (
      !held('agent.gone') && !held('analyzer.peer') && (await kv.get(key('analyzer.peer'))) === undefined
    );
  });
  assert.deepEqual(['agent.here', 'agent.elsewhere', 'analyzer.an1', 'api.an1'].map(held), [
    true,
    true,
    true,
    true,
  ]);
  assert.equal(await kv.get(key('agent.gone')), undefined);
  assert.notEqual(await kv.get(key('agent.elsewhere')), undefined);
  assert.equal(graph.nodeCount, 8);
});

test('agents of the history that nobody wrote down have their time from the start on', async (t) => {
  const kv = await store(t);
  // Written down long ago, before this analyzer was stopped.
  await kv.set(key('agent.old'), String(startMs / 1000 - 5000));
  const { clock, watcher, held } = analyzer(t, kv, 'an1', ['agent.old', 'agent.never']);
  await until('it is master', () => watcher.isMaster);
  await until('both have keys', async () => (await kv.get(key('agent.never'))) !== undefined);
  clock.pass(30);
  await until('it has looked', () => kv.done.looked === 1);
  assert.deepEqual([held('agent.old'), held('agent.never')], [true, true]);
  clock.pass(6);
  await until('both are gone', () => !held('agent.old') && !held('agent.never'));
});

test('only the elected one deletes; when it leaves, the other one does', async (t) => {
  const kv = await store(t);
  const first = analyzer(t, kv, 'an1', ['agent.gone']);
  await until('an1 is master', () => first.watcher.isMaster);
  const second = analyzer(t, kv, 'an2', ['agent.gone']);
  await kv.set(key('agent.gone'), String(startMs / 1000));
  second.clock.pass(40);
  // It would have begun to look in that call.
  assert.equal(kv.done.looked, 0);
  assert.equal(second.held('agent.gone'), true);
  assert.equal((await kv.get('/elections/hub-origin-watcher'))?.value, 'an1');
  await first.watcher.stop();
  await until('an2 took over', () => second.watcher.isMaster);
  second.clock.pass(5);
  await until('it deletes', () => !second.held('agent.gone'));
  assert.equal(first.held('agent.gone'), true);
});

test('a key that is written while its origin is looked after stays', async (t) => {
  const kv = await store(t);
  const { clock, graph, watcher } = analyzer(t, kv, 'an1', ['agent.back']);
  await until('it is master', () => watcher.isMaster);
  await kv.set(key('agent.back'), String(startMs / 1000));
  graph.on((event) => {
    if (event.type === 'nodeDeleted') void kv.set(key('agent.back'), String(clock.ms / 1000));
  });
  clock.pass(40);
  await until('the old key was to be deleted', () => kv.done.deleted === 1);
  assert.equal(graph.nodeCount, 0);
  assert.equal((await kv.get(key('agent.back')))?.value, String(clock.ms / 1000));
});
