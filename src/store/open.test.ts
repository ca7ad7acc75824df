// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Config } from '../config/key.js';
import { loadConfig } from '../config/load.js';
import { silentLogger } from '../log/logger.js';
import { storeKeys } from './keys.js';
import { etcdKeys as kvKeys } from './kv/keys.js';
import { levelSettings, openHistory } from './open.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

async function configured(yaml: string): Promise<Config> {
  const file = join(root, 'skydive.yml');
  await writeFile(file, yaml);
  const { config } = await loadConfig({
    files: [file],
    env: {},
    options: {},
    rooms: [storeKeys, kvKeys],
    defaultFile: '/nowhere',
  });
  return config;
}

test('the level storage has its defaults beside the data of etcd', async () => {
  const config = await configured('etcd: {data_dir: /data/etcd}');
  assert.deepEqual(levelSettings(config, 'storage.level'), {
    folder: '/data/history',
    maxAgeMs: 7 * 86_400_000,
    maxSizeBytes: 10 * 1024 ** 3,
  });
});

test("a storage of another name takes its driver's defaults, and its own values", async () => {
  const config = await configured(
    `storage: {mine: {driver: level, path: ${join(root, 'mine')}, max_age: 1h}}`,
  );
  assert.deepEqual(levelSettings(config, 'storage.mine'), {
    folder: join(root, 'mine'),
    maxAgeMs: 3_600_000,
    maxSizeBytes: 10 * 1024 ** 3,
  });
  const options = { storage: 'mine', ownOrigin: 'analyzer.h', logger: silentLogger };
  const history = await openHistory(config, options);
  assert.equal(history.status().driver, 'level');
  assert.deepEqual(await readdir(join(root, 'mine')), ['topology']);
  await assert.rejects(openHistory(config, options), { code: 'SKY_E_STORE', message: /storage\.mine\.path/ });
  await history.close();
});

test('the memory storage keeps nothing', async () => {
  const history = await openHistory(await configured('{}'), {
    storage: 'memory',
    ownOrigin: 'analyzer.h',
    logger: silentLogger,
  });
  assert.equal(history.status().driver, 'memory');
});

for (const [storage, yaml, message] of [
  ['mine', 'storage: {mine: {driver: orientdb}}', /storage\.mine\.driver is "orientdb".*use level or memory/],
  ['nowhere', '{}', /storage\.nowhere\.driver is "nowhere"/],
] as const) {
  test(`storage ${storage} with ${yaml} is refused`, async () => {
    const options = { storage, ownOrigin: 'analyzer.h', logger: silentLogger };
    await assert.rejects(openHistory(await configured(yaml), options), { code: 'SKY_E_CONFIG', message });
  });
}
