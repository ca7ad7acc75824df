// SPDX-License-Identifier: Apache-2.0
// For tests.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLogger } from '../../log/logger.js';
import { embeddedKv } from './embedded/kv.js';
import { KeySpace } from './embedded/space.js';
import type { KvStore } from './store.js';

/** An empty store in a folder of its own, both gone after the test. `now`: ms since 1970, of its expiry. */
export async function scratchKv(
  t: Pick<TestContext, 'after'>,
  now: () => number = Date.now,
): Promise<KvStore> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-kv-'));
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger, now }));
  t.after(async () => {
    await kv.close();
    await rm(folder, { recursive: true, force: true });
  });
  return kv;
}
