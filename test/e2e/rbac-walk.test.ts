// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policy, walk, walkConfig } from './rbac-walk.js';
import { startAnalyzer } from './trust-fixture.js';

test('an uploaded policy is in force within a second, on each analyzer that shares the store', async (t) => {
  const first = await startAnalyzer(t, walkConfig);
  const second = await startAnalyzer(t, {
    ...walkConfig,
    host_id: 'an2',
    'etcd.embedded': false,
    'etcd.servers': [first.etcdUrl],
  });
  await walk(first, second, first.etcdUrl);
});

test('a browser page may not write to the store of its host', async (t) => {
  const { etcdUrl } = await startAnalyzer(t);
  const answer = await fetch(`${etcdUrl}/v2/keys/casbinPolicy`, {
    method: 'POST',
    headers: { Origin: 'http://evil.example' },
    body: new URLSearchParams({ value: policy }),
  });
  assert.equal(answer.status, 401);
});
