// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, isZero, metricMetadata, tickMetadata } from './interface-metric.js';

const names = [
  'RxPackets',
  'TxPackets',
  'RxBytes',
  'TxBytes',
  'RxErrors',
  'TxErrors',
  'RxDropped',
  'TxDropped',
  'Multicast',
  'Collisions',
  'RxLengthErrors',
  'RxOverErrors',
  'RxCrcErrors',
  'RxFrameErrors',
  'RxFifoErrors',
  'RxMissedErrors',
  'TxAbortedErrors',
  'TxCarrierErrors',
  'TxFifoErrors',
  'TxHeartbeatErrors',
  'TxWindowErrors',
  'RxCompressed',
  'TxCompressed',
];

for (const [at, name] of names.entries()) {
  test(`counter ${at} of the kernel is ${name}, others are left out`, () => {
    assert.deepEqual(metricMetadata(names.map((_, other) => (other === at ? 7 : 0))), { [name]: 7 });
  });
}

test('a tick gives totals and what was counted since the previous one', () => {
  assert.deepEqual(tickMetadata([10, 5, 1000], [4, 5, 600], 1000, 31_000), {
    Metric: { RxBytes: 1000, RxPackets: 10, TxPackets: 5, Last: 31_000 },
    LastUpdateMetric: { RxBytes: 400, RxPackets: 6, Start: 1000, Last: 31_000 },
  });
});

for (const [what, now, previous] of [
  ['an all-zero sample', [0, 0], [0, 0]],
  ['a sample without a change', [5, 6], [5, 6]],
] as const) {
  test(`${what} writes nothing`, () => {
    assert.equal(tickMetadata(now, previous, 1000, 2000), undefined);
  });
}

test('counters that were reset count from zero', () => {
  assert.deepEqual(difference([3, 8], [10, 5]), [3, 8]);
});

test('zero is zero in every field', () => {
  assert.equal(isZero([0, 0, 0]), true);
  assert.equal(isZero([0, 0, 1]), false);
});
