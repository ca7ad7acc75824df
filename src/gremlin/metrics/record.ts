// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../graph/element.js';
import type { MetricsResult } from '../current.js';

/** Counters over a time, of a flow or of an interface. Records are values: adding and splitting make new ones. */
export interface MetricRecord {
  readonly Start: Millis;
  readonly Last: Millis;
  readonly counters: { readonly [name: string]: number };
  /** Of a flow, ns. Lost in every sum and split. */
  readonly RTT?: number;
}

/** How records are split, and shown: those of flows keep their sums and show zeros. */
export type MetricKind = 'flow' | 'interface';

export function isZero({ counters }: MetricRecord): boolean {
  return Object.values(counters).every((count) => count === 0);
}

/** The counters added; the time is that of the first. */
export function add(a: MetricRecord, b: MetricRecord): MetricRecord {
  const counters: { [name: string]: number } = { ...a.counters };
  for (const [name, count] of Object.entries(b.counters)) counters[name] = (counters[name] ?? 0) + count;
  return { Start: a.Start, Last: a.Last, counters };
}

function scale({ counters }: MetricRecord, share: number): { [name: string]: number } {
  return Object.fromEntries(Object.entries(counters).map(([name, n]) => [name, Math.trunc(n * share)]));
}

/** The parts before and after an instant. The parts of a flow's record add up; an interface's may lose units. */
export function split(
  kind: MetricKind,
  record: MetricRecord,
  cut: Millis,
): readonly [before: MetricRecord | undefined, after: MetricRecord | undefined] {
  const { Start, Last } = record;
  if (cut <= Start) return [undefined, record];
  if (cut >= Last || Start === Last) return [record, undefined];
  const before = scale(record, (cut - Start) / (Last - Start));
  const after =
    kind === 'interface'
      ? scale(record, (Last - cut) / (Last - Start))
      : Object.fromEntries(
          Object.entries(record.counters).map(([name, n]) => [name, n - (before[name] ?? 0)]),
        );
  return [
    { Start, Last: cut, counters: before },
    { Start: cut, Last, counters: after },
  ];
}

/** The record as clients see it. */
export function show(
  kind: MetricKind,
  { Start, Last, counters, RTT }: MetricRecord,
): { [name: string]: number } {
  const shown = Object.entries(counters).filter(([, count]) => kind === 'flow' || count !== 0);
  return { ...Object.fromEntries(shown), Start, Last, ...(RTT === undefined || RTT === 0 ? {} : { RTT }) };
}

/** The records of all series. */
export function* recordsOf(series: MetricsResult['series']): Generator<MetricRecord> {
  for (const records of series.values()) yield* records;
}
