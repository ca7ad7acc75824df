// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/e2e/api-fixture.js';
import type { ConfigValue } from '../config/key.js';
import { retentionOf } from './retention.js';

const day = 86_400;
for (const [what, topology, flow, values, expected] of [
  ['a section that both use is split', 'level', 'level', {}, { maxAgeMs: 7 * day * 1000, maxSizeBytes: 500 }],
  ['one alone has it all', 'level', 'memory', {}, { maxAgeMs: 7 * day * 1000, maxSizeBytes: 1000 }],
  [
    'neither limit is kept where they are 0',
    'level',
    'level',
    { 'storage.level.max_age': 0, 'storage.level.max_size': 0 },
    { maxAgeMs: Number.POSITIVE_INFINITY, maxSizeBytes: Number.POSITIVE_INFINITY },
  ],
] as const) {
  test(`how much is kept: ${what}`, () => {
    const config: Record<string, ConfigValue> = {
      'analyzer.topology.backend': topology,
      'analyzer.flow.backend': flow,
      'storage.level.max_age': 7 * day,
      'storage.level.max_size': 1000,
      ...values,
    };
    assert.deepEqual(retentionOf(configOf(config), 'level'), expected);
  });
}
