// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentationWalk, newHost, startTwo } from '../e2e/rbac-documentation.js';
import { walk, walkConfig } from '../e2e/rbac-walk.js';
import { Requester } from '../e2e/requester.js';
import { startAnalyzer } from '../e2e/trust-fixture.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Etcd, setUp } from './etcd.js';

const missing = setUp('etcd');

for (const api of ['v2', 'auto'] as const) {
  test(`the documentation's RBAC walk on a real etcd, etcd.api ${api}`, {
    ...(missing !== undefined && { skip: missing }),
    timeout: 60_000,
  }, async (t) => {
    const etcd = await Etcd.start('--enable-v2=true');
    t.after(() => etcd.stop());
    const shared = { ...walkConfig, 'etcd.embedded': false, 'etcd.servers': [etcd.url], 'etcd.api': api };
    const [first, second] = [
      await startAnalyzer(t, shared),
      await startAnalyzer(t, { ...shared, host_id: 'an2' }),
    ];
    await walk(first, second, etcd.url);
  });
}

test("the documentation's RBAC walk to the letter, with a real etcd on its port", {
  ...(missing !== undefined && { skip: missing }),
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const host = newHost();
  const requester = new Requester(host.network);
  await host.up();
  const folder = join(host.folder, 'etcd-data');
  const url = 'http://127.0.0.1:12379';
  const etcd = spawn(
    'ip',
    [
      ...[
        'netns',
        'exec',
        host.network.name,
        'etcd',
        '--name',
        's1',
        '--data-dir',
        folder,
        '--enable-v2=true',
      ],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...[
        '--listen-peer-urls',
        'http://127.0.0.1:12380',
        '--initial-advertise-peer-urls',
        'http://127.0.0.1:12380',
      ],
      ...['--initial-cluster', 's1=http://127.0.0.1:12380'],
    ],
    { stdio: 'ignore' },
  );
  t.after(() => {
    etcd.kill('SIGKILL');
    requester.end();
    host.remove();
  });
  await startTwo(host, requester, `etcd: { embedded: false, servers: ["http://localhost:12379"] }\n`);
  await documentationWalk(host, requester);
});
