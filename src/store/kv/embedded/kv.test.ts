// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../../log/logger.js';
import { kvContract, until, watching } from '../store.contract.js';
import { embeddedKv } from './kv.js';
import { KeySpace } from './space.js';

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-kv-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

kvContract('embedded', {
  async open(t) {
    const space = await KeySpace.open({ folder: await emptyFolder(t), logger: silentLogger });
    return { kv: embeddedKv(space), folder: '/suite' };
  },
});

test('what was acknowledged is there after a restart, indexes and watches go on', async (t) => {
  const folder = await emptyFolder(t);
  const first = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  await first.set('/a/b', '1');
  const { index } = await first.list('/');
  const entry = await first.set('/a/c', '2', { ttlS: 1000 });
  await first.delete('/a/b');
  await first.close();

  const second = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(() => second.close());
  const listed = await second.list('/');
  assert.deepEqual(
    listed.entries.map(({ key, value, modifiedIndex }) => ({ key, value, modifiedIndex })),
    [{ key: '/a/c', value: '2', modifiedIndex: entry.modifiedIndex }],
  );
  const seen = watching(second, '/', index);
  const after = await second.set('/a/d', '3');
  assert.equal(after.modifiedIndex, entry.modifiedIndex + 2);
  await until('the missed events and the new one are told', () => seen.events.length === 3);
  assert.deepEqual(
    seen.events.map((event) => event.key),
    ['/a/c', '/a/b', '/a/d'],
  );
});

test('a key whose time came while nobody ran is gone at the start', async (t) => {
  const folder = await emptyFolder(t);
  let now = 1_000_000;
  const first = embeddedKv(await KeySpace.open({ folder, logger: silentLogger, now: () => now }));
  await first.create('/elections/x', 'an1', { ttlS: 30 });
  await first.close();
  now += 31_000;
  const second = embeddedKv(await KeySpace.open({ folder, logger: silentLogger, now: () => now }));
  t.after(() => second.close());
  assert.equal(await second.get('/elections/x'), undefined);
  assert.equal((await second.create('/elections/x', 'an2', { ttlS: 30 }))?.value, 'an2');
});

test('a watch from an index that is forgotten is told so', async (t) => {
  const kv = embeddedKv(await KeySpace.open({ folder: await emptyFolder(t), logger: silentLogger }));
  t.after(() => kv.close());
  const { index } = await kv.list('/');
  await Promise.all(Array.from({ length: 1100 }, (_, count) => kv.set('/x', String(count))));
  const seen = watching(kv, '/', index);
  await until('the watch ends', () => seen.lost.length === 1);
  assert.match(String(seen.lost[0]), /history has been cleared/);
  assert.deepEqual(seen.events, []);
});

test('a folder that another process has open is refused by name', async (t) => {
  const folder = await emptyFolder(t);
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(() => kv.close());
  await assert.rejects(KeySpace.open({ folder, logger: silentLogger }), {
    code: 'SKY_E_STORE',
    message: /etcd\.data_dir.* in use by another process/,
  });
});
