// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { KvEvent, KvStore } from './store.js';

export interface KvUnderTest {
  /** A store whose keys below the folder are free for the suite. The suite closes it. */
  open(t: TestContext): Promise<{ kv: KvStore; folder: string }>;
  /** Why the store cannot be had here. */
  readonly skip?: string;
}

/** Resolves when the condition holds; rejects after the deadline. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Collects what a watch says. */
export function watching(kv: KvStore, key: string, afterIndex: number) {
  const events: KvEvent[] = [];
  const lost: unknown[] = [];
  const watch = kv.watch(key, afterIndex, {
    event: (event) => events.push(event),
    lost: (error) => lost.push(error),
  });
  return { events, lost, stop: () => watch.stop() };
}

function brief(events: readonly KvEvent[]): string[] {
  return events.map((event) =>
    event.kind === 'put' ? `${event.key}=${event.entry.value}` : `${event.key} gone`,
  );
}

/** What every key-value store keeps: run by each implementation. */
export function kvContract(name: string, subject: KvUnderTest): void {
  const check = (title: string, body: (kv: KvStore, folder: string) => Promise<void>) =>
    test(`${name}: ${title}`, { skip: subject.skip ?? false, timeout: 60_000 }, async (t) => {
      const { kv, folder } = await subject.open(t);
      try {
        await body(kv, folder);
      } finally {
        await kv.close();
      }
    });

  check('a key that was never set is undefined', async (kv, at) => {
    assert.equal(await kv.get(`${at}/none`), undefined);
  });

  check('set and get give the value, whatever is in it', async (kv, at) => {
    for (const value of ['', 'plain', '{"a":"b&c=d;%20 +"}', 'ünï→\n\t"\u0000', 'x'.repeat(100_000)]) {
      const set = await kv.set(`${at}/value`, value);
      assert.equal(set.value, value);
      assert.equal((await kv.get(`${at}/value`))?.value, value);
    }
  });

  check('names may hold what hosts and services have', async (kv, at) => {
    for (const key of [`${at}/client:an1/start-time`, `${at}/agent.host-1`, `${at}/a b`, `${at}/ü%41`]) {
      await kv.set(key, 'x');
      assert.equal((await kv.get(key))?.key, key);
    }
    assert.equal((await kv.list(at)).entries.length, 4);
  });

  check('indexes tell who made a key and who changed it last', async (kv, at) => {
    const made = await kv.create(`${at}/i`, '1');
    const changed = await kv.update(`${at}/i`, '2');
    assert.ok(made !== undefined && changed !== undefined);
    assert.equal(made.createdIndex, made.modifiedIndex);
    assert.equal(changed.createdIndex, made.createdIndex);
    assert.ok(changed.modifiedIndex > made.modifiedIndex);
    const { key, value, createdIndex, modifiedIndex } = changed;
    assert.deepEqual(await kv.get(`${at}/i`), { key, value, createdIndex, modifiedIndex });
  });

  check('list gives everything below a folder and nothing beside it', async (kv, at) => {
    assert.deepEqual((await kv.list(`${at}/l`)).entries, []);
    for (const key of ['l/b', 'l/a', 'l/c/d', 'lx', 'm/a']) await kv.set(`${at}/${key}`, key);
    const { entries, index } = await kv.list(`${at}/l`);
    assert.deepEqual(
      entries.map((entry) => entry.value),
      ['l/a', 'l/b', 'l/c/d'],
    );
    assert.ok(entries.every((entry) => entry.modifiedIndex <= index));
  });

  check('create takes place only when the key is not there', async (kv, at) => {
    assert.equal((await kv.create(`${at}/c`, 'first'))?.value, 'first');
    assert.equal(await kv.create(`${at}/c`, 'second'), undefined);
    assert.equal((await kv.get(`${at}/c`))?.value, 'first');
  });

  check('of many who create at once, one does', async (kv, at) => {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, who) => kv.create(`${at}/one`, String(who))),
    );
    const winners = made.filter((entry) => entry !== undefined);
    assert.equal(winners.length, 1);
    assert.equal((await kv.get(`${at}/one`))?.value, winners[0]?.value);
  });

  check('update takes place only when the key is there', async (kv, at) => {
    assert.equal(await kv.update(`${at}/u`, 'x'), undefined);
    assert.equal(await kv.get(`${at}/u`), undefined);
    await kv.set(`${at}/u`, 'x');
    assert.equal((await kv.update(`${at}/u`, 'y'))?.value, 'y');
  });

  check('compare-and-set takes place only on the expected value', async (kv, at) => {
    assert.equal(await kv.compareAndSet(`${at}/s`, 'a', 'b'), undefined);
    await kv.set(`${at}/s`, 'a');
    assert.equal(await kv.compareAndSet(`${at}/s`, 'z', 'b'), undefined);
    assert.equal((await kv.compareAndSet(`${at}/s`, 'a', ''))?.value, '');
    assert.equal((await kv.compareAndSet(`${at}/s`, '', 'c'))?.value, 'c');
  });

  check('of many who compare and set at once, one does', async (kv, at) => {
    await kv.set(`${at}/race`, 'start');
    const set = await Promise.all(
      Array.from({ length: 20 }, (_, who) => kv.compareAndSet(`${at}/race`, 'start', String(who))),
    );
    assert.equal(set.filter((entry) => entry !== undefined).length, 1);
  });

  check('delete and compare-and-delete', async (kv, at) => {
    assert.equal(await kv.delete(`${at}/d`), false);
    await kv.set(`${at}/d`, 'v');
    assert.equal(await kv.compareAndDelete(`${at}/d`, 'w'), false);
    assert.equal(await kv.compareAndDelete(`${at}/none`, 'w'), false);
    assert.equal(await kv.compareAndDelete(`${at}/d`, 'v'), true);
    assert.equal(await kv.get(`${at}/d`), undefined);
    await kv.set(`${at}/d`, 'v');
    assert.equal(await kv.delete(`${at}/d`), true);
    assert.equal(await kv.delete(`${at}/d`), false);
  });

  check('a key with a time to live goes by itself, and the watch says so', async (kv, at) => {
    const { index } = await kv.list(at);
    const seen = watching(kv, at, index);
    const made = await kv.create(`${at}/ttl`, 'x', { ttlS: 1 });
    assert.equal(made?.ttlS, 1);
    await until('the key is gone', async () => (await kv.get(`${at}/ttl`)) === undefined);
    await until('the watch tells', () => seen.events.length === 2);
    assert.deepEqual(brief(seen.events), [`${at}/ttl=x`, `${at}/ttl gone`]);
    assert.ok((await kv.create(`${at}/ttl`, 'y')) !== undefined);
    seen.stop();
  });

  check('a write with a time to live renews it, one without takes it away', async (kv, at) => {
    await kv.create(`${at}/renewed`, 'x', { ttlS: 2 });
    assert.equal((await kv.compareAndSet(`${at}/renewed`, 'x', 'x', { ttlS: 600 }))?.ttlS, 600);
    assert.ok(((await kv.get(`${at}/renewed`))?.ttlS ?? 0) > 500);
    await kv.set(`${at}/renewed`, 'x');
    assert.equal((await kv.get(`${at}/renewed`))?.ttlS, undefined);
  });

  check(
    'a watch tells what came after an index, below the key only, each once and in order',
    async (kv, at) => {
      await kv.set(`${at}/w/before`, '0');
      const { index } = await kv.list(`${at}/w`);
      await kv.set(`${at}/w/a`, '1');
      await kv.set(`${at}/other`, '1');
      const seen = watching(kv, `${at}/w`, index);
      await kv.set(`${at}/w/deep/b`, '2');
      await kv.set(`${at}/wx`, '2');
      await kv.compareAndDelete(`${at}/w/a`, '1');
      for (let count = 3; count < 40; count++) await kv.set(`${at}/w/a`, String(count));
      const expected = [`${at}/w/a=1`, `${at}/w/deep/b=2`, `${at}/w/a gone`];
      for (let count = 3; count < 40; count++) expected.push(`${at}/w/a=${count}`);
      await until('all events are there', () => seen.events.length >= expected.length);
      assert.deepEqual(brief(seen.events), expected);
      const indexes = seen.events.map((event) => event.index);
      assert.deepEqual(
        indexes,
        [...indexes].sort((a, b) => a - b),
      );
      assert.deepEqual(seen.lost, []);
      seen.stop();
    },
  );

  check('a watch of a single key', async (kv, at) => {
    const { index } = await kv.list(at);
    const seen = watching(kv, `${at}/single`, index);
    await kv.set(`${at}/single`, '1');
    await kv.set(`${at}/singular`, '1');
    await kv.delete(`${at}/single`);
    await until('both are told', () => seen.events.length >= 2);
    assert.deepEqual(brief(seen.events), [`${at}/single=1`, `${at}/single gone`]);
    seen.stop();
  });

  check('a watch that was stopped says nothing', async (kv, at) => {
    const { index } = await kv.list(at);
    const stopped = watching(kv, at, index);
    const control = watching(kv, at, index);
    await kv.set(`${at}/x`, '1');
    await until('the watch tells', () => control.events.length === 1 && stopped.events.length === 1);
    stopped.stop();
    await kv.set(`${at}/x`, '2');
    await until('the other watch tells', () => control.events.length === 2);
    assert.equal(stopped.events.length, 1);
    control.stop();
  });

  check('after close every call is refused', async (kv, at) => {
    await kv.close();
    await assert.rejects(kv.get(`${at}/x`), { code: 'SKY_E_STORE' });
    await assert.rejects(kv.set(`${at}/x`, '1'), { code: 'SKY_E_STORE' });
  });
}
