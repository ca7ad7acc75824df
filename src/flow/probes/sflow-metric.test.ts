// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeSflowCounters } from '../../native/datagram-capture.js';
import { SflowMetric } from './sflow-metric.js';

const at = (index: number, values: Record<string, number>): NativeSflowCounters => ({
  kind: 'interface',
  interface: index,
  values,
});

/** What is shown after records that came together. */
function take(metric: SflowMetric, records: readonly NativeSflowCounters[], nowMs: number) {
  metric.add(records);
  return metric.show(nowMs);
}

test('of each interface the latest counts, Metric is their sum', () => {
  const metric = new SflowMetric();
  assert.deepEqual(
    take(
      metric,
      [at(1, { IfInOctets: 100, IfInErrors: 0 }), at(2, { IfInOctets: 50, IfOutOctets: 7 })],
      1000,
    ),
    {
      IfMetrics: { 1: { IfInOctets: 100 }, 2: { IfInOctets: 50, IfOutOctets: 7 } },
      Metric: { IfInOctets: 150, IfOutOctets: 7, Last: 1000 },
      LastUpdateMetric: { IfInOctets: 150, IfOutOctets: 7, Last: 1000 },
    },
  );
  assert.deepEqual(take(metric, [at(1, { IfInOctets: 130 })], 2000), {
    IfMetrics: { 1: { IfInOctets: 130 }, 2: { IfInOctets: 50, IfOutOctets: 7 } },
    Metric: { IfInOctets: 180, IfOutOctets: 7, Last: 2000 },
    LastUpdateMetric: { IfInOctets: 30, Start: 1000, Last: 2000 },
  });
});

test('without a change LastUpdateMetric stays, Metric has the time', () => {
  const metric = new SflowMetric();
  const records = [at(1, { IfInOctets: 100 })];
  take(metric, records, 1000);
  assert.deepEqual(take(metric, records, 2000), {
    IfMetrics: { 1: { IfInOctets: 100 } },
    Metric: { IfInOctets: 100, Last: 2000 },
    LastUpdateMetric: { IfInOctets: 100, Last: 1000 },
  });
});

test('a 0 keeps what was there, and nothing but 0 shows nothing', () => {
  const metric = new SflowMetric();
  assert.equal(take(metric, [at(1, { IfInOctets: 0 })], 1000), undefined);
  take(metric, [at(1, { IfInOctets: 100 })], 2000);
  assert.deepEqual(take(metric, [at(1, { IfInOctets: 0 })], 3000)?.['IfMetrics'], { 1: { IfInOctets: 100 } });
});

test('what the agents of the original add up is added up, the rest is replaced', () => {
  const added =
    'OvsDpNHit OvsDpNMissed OvsDpNLost OvsDpNMaskHit OvsDpNFlows OvsDpNMasks OvsAppFdOpen OvsAppConnOpen OvsAppMemUsed';
  const replaced =
    'OvsAppFdMax OvsAppConnMax OvsAppMemMax VlanOctets VlanUcastPkts VlanMulticastPkts VlanBroadcastPkts VlanDiscards ' +
    'EthAlignmentErrors EthFCSErrors EthSingleCollisionFrames EthMultipleCollisionFrames EthSQETestErrors ' +
    'EthDeferredTransmissions EthLateCollisions EthExcessiveCollisions EthInternalMacReceiveErrors ' +
    'EthInternalMacTransmitErrors EthCarrierSenseErrors EthFrameTooLongs EthSymbolErrors';
  const rows = [
    ...added.split(' ').map((name) => [name, 12] as const),
    ...replaced.split(' ').map((name) => [name, 7] as const),
  ];
  for (const [name, total] of rows) {
    const metric = new SflowMetric();
    take(metric, [{ kind: 'datapath', values: { [name]: 5 } }], 1000);
    assert.deepEqual(
      take(metric, [{ kind: 'datapath', values: { [name]: 7 } }], 2000),
      {
        Metric: { [name]: total, Last: 2000 },
        LastUpdateMetric: { [name]: total - 5, Start: 1000, Last: 2000 },
      },
      name,
    );
  }
});

test('interfaces beyond the room for them are counted', () => {
  const metric = new SflowMetric();
  const records = Array.from({ length: 4100 }, (_, index) => at(index, { IfInOctets: 1 }));
  const shown = take(metric, records, 1000) as { IfMetrics: object; Metric: { IfInOctets: number } };
  assert.equal(Object.keys(shown.IfMetrics).length, 4096);
  assert.equal(shown.Metric.IfInOctets, 4096);
  assert.equal(metric.leftOut, 4);
});
