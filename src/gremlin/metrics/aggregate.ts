// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../graph/element.js';
import type { MetricsResult } from '../current.js';
import { GremlinError } from '../error.js';
import type { Run } from '../run.js';
import { add, isZero, type MetricKind, type MetricRecord, recordsOf, split } from './record.js';

const mostSlices = 10_000;

export interface Window {
  readonly start: Millis;
  readonly last: Millis;
}

/** The time that all records span, undefined without any. */
export async function spanOf(run: Run, series: MetricsResult['series']): Promise<Window | undefined> {
  let start = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  await run.scheduler.each(recordsOf(series), (record) => {
    start = Math.min(start, record.Start);
    last = Math.max(last, record.Last);
  });
  return start <= last ? { start, last } : undefined;
}

/** Cuts a window into slices, the last one as short as it has to be. Throws X-SLICE when there are too many. */
function slicesOf({ start, last }: Window, lengthMs: Millis): MetricRecord[] {
  const count = Math.ceil((last - start) / lengthMs);
  if (count > mostSlices) {
    throw new GremlinError(
      'X-SLICE',
      `Aggregates: ${count} slices of ${lengthMs / 1000} s are too many (at most ${mostSlices}): make them longer`,
    );
  }
  return Array.from({ length: Math.max(0, count) }, (_, k) => ({
    Start: start + k * lengthMs,
    Last: Math.min(start + (k + 1) * lengthMs, last),
    counters: {},
  }));
}

/**
 * Spreads the records of all series over the slices of a window; slices into which nothing falls are left out. A
 * record that straddles a border is split, unless its part would be all zero: then the slice it starts in gets it whole.
 */
export function* aggregate(
  kind: MetricKind,
  series: Iterable<readonly MetricRecord[]>,
  window: Window | undefined,
  lengthMs: Millis,
): Generator<undefined, MetricRecord[]> {
  if (window === undefined) return [];
  const slices = slicesOf(window, lengthMs);
  const filled = new Set<number>();
  for (const records of series) {
    yield* spread(kind, records, slices, filled);
  }
  return slices.filter((_, i) => filled.has(i));
}

function* spread(
  kind: MetricKind,
  records: readonly MetricRecord[],
  slices: MetricRecord[],
  filled: Set<number>,
): Generator<undefined, void> {
  let i = 0;
  let j = 0;
  let record = records[i];
  while (record !== undefined && j < slices.length) {
    yield undefined;
    const slice = slices[j]!;
    const [, rest] = split(kind, record, slice.Start);
    if (rest === undefined || isZero(rest)) {
      // Nothing of it lies here or later. The original stayed with it and so lost the rest of the series.
      record = records[++i];
      continue;
    }
    let [inside, after] = split(kind, rest, slice.Last);
    if (inside !== undefined && isZero(inside) && record.Start >= slice.Start)
      [inside, after] = [rest, undefined];
    if (inside !== undefined) {
      slices[j] = add(slice, inside);
      filled.add(j);
    }
    if (after !== undefined && !isZero(after)) {
      record = after;
      // Straight to the slice that it starts in.
      j = Math.max(j + 1, indexOf(slices, after.Start));
    } else record = records[++i];
  }
}

/** The slice that an instant lies in; past the end when it lies in none. */
function indexOf(slices: readonly MetricRecord[], at: Millis): number {
  const [first] = slices;
  if (first === undefined) return 0;
  return Math.floor((at - first.Start) / (first.Last - first.Start));
}
