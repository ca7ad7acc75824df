// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Millis } from '../../../graph/element.js';

/** Field names of `Metric` for struct rtnl_link_stats64, in its order. */
const fields = [
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
] as const;

/** The fields in alphabetical order with their position: as the original prints them. */
const ordered = fields.map((name, at) => ({ name, at })).sort((a, b) => (a.name < b.name ? -1 : 1));

export type Counters = readonly number[];

/** Counters of another source, asked for by the names of `Metric`. */
export function countersOf(count: (field: string) => number): Counters {
  return fields.map(count);
}

export function isZero(counters: Counters): boolean {
  return counters.every((count) => count === 0);
}

/** `Metric` or `LastUpdateMetric` (probes.md §4.8): counters that are not zero, with their time slice if given. */
export function metricMetadata(counters: Counters, start = 0, last = 0): MetadataMap {
  const metric: Record<string, number> = {};
  for (const { name, at } of ordered) {
    const count = counters[at] ?? 0;
    if (count !== 0) metric[name] = count;
  }
  if (start !== 0) metric['Start'] = start;
  if (last !== 0) metric['Last'] = last;
  return metric;
}

/** What was counted since the previous sample. Counters that went backwards were reset: they count from zero. */
export function difference(now: Counters, previous: Counters): Counters {
  const reset = now.some((count, at) => count < (previous[at] ?? 0));
  return reset ? now : now.map((count, at) => count - (previous[at] ?? 0));
}

/** The two keys of a tick, nothing when nothing was counted. */
export function tickMetadata(
  now: Counters,
  previous: Counters,
  previousTickAt: Millis,
  tickAt: Millis,
): { Metric: MetadataMap; LastUpdateMetric: MetadataMap } | undefined {
  if (isZero(now)) return undefined;
  const counted = difference(now, previous);
  if (isZero(counted)) return undefined;
  return {
    Metric: metricMetadata(now, 0, tickAt),
    LastUpdateMetric: metricMetadata(counted, previousTickAt, tickAt),
  };
}
