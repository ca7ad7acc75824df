// SPDX-License-Identifier: Apache-2.0

import type { MetricsResult } from '../current.js';
import { GremlinError } from '../error.js';
import type { Run } from '../run.js';
import { interfaceCounters } from './counters.js';
import { add, type MetricRecord, recordsOf, show } from './record.js';

/** Counters of a flow metric. */
const flowCounters: readonly string[] = ['ABPackets', 'ABBytes', 'BAPackets', 'BABytes', 'RTT'];

/** The names of the fields of a record, sorted. */
export function fieldNames({ metricKind }: MetricsResult): readonly string[] {
  const counters = metricKind === 'flow' ? flowCounters : interfaceCounters;
  return [...counters, 'Start', 'Last'].sort();
}

/** All records as one: null when there is none. */
export async function sumAll(run: Run, { metricKind, series }: MetricsResult): Promise<unknown> {
  let sum: MetricRecord | undefined;
  await run.scheduler.each(recordsOf(series), (record) => {
    sum =
      sum === undefined
        ? { Start: record.Start, Last: record.Last, counters: record.counters }
        : {
            ...add(sum, record),
            Start: Math.min(sum.Start, record.Start),
            Last: Math.max(sum.Last, record.Last),
          };
  });
  return sum === undefined ? null : show(metricKind, sum);
}

/** The sum of one field. Throws X-FIELD for a field that no record can have. */
export async function sumField(run: Run, metrics: MetricsResult, field: string): Promise<number> {
  const known = new Set(fieldNames(metrics));
  let sum = 0;
  await run.scheduler.each(recordsOf(metrics.series), (record) => {
    const value = fieldOf(record, field);
    if (value === undefined && !known.has(field))
      throw new GremlinError('X-FIELD', `Sum: a metric has no field "${field}"`);
    sum += value ?? 0;
  });
  return sum;
}

function fieldOf(record: MetricRecord, field: string): number | undefined {
  if (field === 'Start' || field === 'Last' || field === 'RTT') return record[field];
  return Object.hasOwn(record.counters, field) ? record.counters[field] : undefined;
}
