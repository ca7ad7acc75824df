// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../log/logger.js';
import { embeddedKv } from './embedded/kv.js';
import { KeySpace } from './embedded/space.js';
import { Follower } from './follow.js';
import { until } from './store.contract.js';
import type { KvListener, KvStore } from './store.js';

test('a follower knows what is there, each change, and what it missed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-follow-'));
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(async () => {
    await kv.close();
    await rm(folder, { recursive: true, force: true });
  });
  let listener: KvListener | undefined;
  let deaf = false;
  const seen: KvStore = Object.create(kv, {
    get: { value: kv.get.bind(kv) },
    list: { value: kv.list.bind(kv) },
    watch: {
      value: (key: string, after: number, told: KvListener) => {
        listener = told;
        return kv.watch(key, after, { ...told, event: (event) => (deaf ? undefined : told.event(event)) });
      },
    },
  });
  const known = new Map<string, string>();
  const follower = new Follower(
    seen,
    '/capture',
    { put: ({ key, value }) => known.set(key, value), gone: (key) => known.delete(key) },
    silentLogger,
  );
  await kv.set('/capture/a', '1');
  await kv.set('/captured', '1');
  await follower.start();
  t.after(() => follower.stop());
  assert.deepEqual([...known], [['/capture/a', '1']]);
  await kv.set('/capture/b', '1');
  await kv.set('/capture/b', '2');
  await kv.delete('/capture/a');
  await until('the changes are known', () => known.get('/capture/b') === '2' && known.size === 1);

  deaf = true;
  await kv.set('/capture/c', '3');
  await kv.delete('/capture/b');
  deaf = false;
  listener!.lost(new Error('forgotten'));
  await until('what was missed is known', () => known.get('/capture/c') === '3' && known.size === 1);
});
