// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../../graph/element.js';
import { numberMapOf } from '../../../ovs/value.js';
import {
  type Counters,
  countersOf,
  isZero,
  metricMetadata,
  tickMetadata,
} from '../netlink/interface-metric.js';
import type { RowMetadata } from './row-metadata.js';

/** The names that Open vSwitch has for what it counts (probes.md §7.2). */
const names: Readonly<Record<string, string>> = {
  Collisions: 'collisions',
  RxBytes: 'rx_bytes',
  RxCrcErrors: 'rx_crc_err',
  RxDropped: 'rx_dropped',
  RxErrors: 'rx_errors',
  RxFrameErrors: 'rx_frame_err',
  RxOverErrors: 'rx_over_err',
  RxPackets: 'rx_packets',
  TxBytes: 'tx_bytes',
  TxDropped: 'tx_dropped',
  TxErrors: 'tx_errors',
  TxPackets: 'tx_packets',
};

/** What was counted on one interface, as of the last time it was told. */
export interface Sample {
  readonly counters: Counters;
  readonly at: Millis;
}

/** The sample of a `statistics` column. Negative counters are those that the device does not have. */
export function sampleOf(statistics: unknown, at: Millis): Sample {
  const counted = numberMapOf(statistics);
  return { counters: countersOf((field) => Math.max(0, counted.get(names[field] ?? '') ?? 0)), at };
}

/** `Ovs.Metric`, and `Ovs.LastUpdateMetric` when there was a sample before; nothing when nothing was counted. */
export function statisticsMetadata(now: Sample, previous: Sample | undefined): RowMetadata {
  if (previous === undefined) {
    return isZero(now.counters) ? {} : { 'Ovs.Metric': metricMetadata(now.counters) };
  }
  const ticked = tickMetadata(now.counters, previous.counters, previous.at, now.at);
  if (ticked === undefined) return {};
  return { 'Ovs.Metric': ticked.Metric, 'Ovs.LastUpdateMetric': ticked.LastUpdateMetric };
}
