// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import { compile } from '../graph/match.js';
import { interfaceCounters } from './metrics/counters.js';
import { standIn } from './stand-in.js';

// Interface metrics are records, not maps: each of their fields is always there, and one that the JSON leaves out
// is 0. The graph keeps the JSON, so that has to be said where such a field is named.

const fields: readonly string[] = [...interfaceCounters, 'Start', 'Last'];

/** The records that a node may have, and their fields. */
export const recordFields: readonly (readonly [record: string, fields: readonly string[]])[] = [
  ['Metric', fields],
  ['LastUpdateMetric', fields],
];

const parents: ReadonlyMap<string, string> = new Map(
  recordFields.flatMap(([record, names]) => names.map((name) => [`${record}.${name}`, record] as const)),
);

/** The record that has the field, when the key names a field of one. */
export function recordOf(key: string): string | undefined {
  return parents.get(key.startsWith('Metadata.') ? key.slice('Metadata.'.length) : key);
}

/** The filter on a key, passing also records that leave the field out when 0 passes. */
export function withAbsentZeros(key: string, filter: Filter): Filter {
  const record = recordOf(key);
  if (record === undefined || !passesZero(key, filter)) return filter;
  const absent: Filter = {
    kind: 'and',
    filters: [
      { kind: 'not', filter: { kind: 'null', key: record } },
      { kind: 'null', key },
    ],
  };
  return { kind: 'or', filters: [filter, absent] };
}

function passesZero(key: string, filter: Filter): boolean {
  const field = key.slice(key.lastIndexOf('.') + 1);
  const matches = compile('node', filter);
  return matches(standIn({ Metric: { [field]: 0 }, LastUpdateMetric: { [field]: 0 } }));
}
