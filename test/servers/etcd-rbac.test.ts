// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import { walk, walkConfig } from '../e2e/rbac-walk.js';
import { startAnalyzer } from '../e2e/trust-fixture.js';
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
