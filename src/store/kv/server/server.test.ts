// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLogger } from '../../../log/logger.js';
import { KeySpace } from '../embedded/space.js';
import { EtcdServers } from '../etcd/servers.js';
import { etcdV2 } from '../etcd/v2.js';
import { kvContract } from '../store.contract.js';
import { KvServer } from './server.js';

async function served(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-kv-server-'));
  const space = await KeySpace.open({ folder, logger: silentLogger });
  const server = new KvServer({
    space,
    listen: { host: '127.0.0.1', port: 0 },
    name: 'an1',
    logger: silentLogger,
    mayWrite: () => false,
  });
  const { port } = await server.start();
  t.after(async () => {
    await server.stop();
    await space.close();
    await rm(folder, { recursive: true, force: true });
  });
  return `http://127.0.0.1:${port}`;
}

kvContract('API v2 of the embedded store', {
  async open(t) {
    const servers = new EtcdServers({ urls: [await served(t)], timeoutMs: 5000 });
    return { kv: etcdV2(servers), folder: '/suite' };
  },
});
