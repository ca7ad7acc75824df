// SPDX-License-Identifier: Apache-2.0

import type { Flow, FlowQuery } from '../flow-source.js';
import { sortInSlices } from '../order.js';
import type { Scheduler } from '../scheduler.js';
import { compareKeys, type SortKey } from '../sorting.js';
import { integerField, textField } from './fields.js';

/** What a flow is sorted by: its integer field of that name, else its text field; 0 when it has none. */
function sortKey(flow: Flow, key: string): SortKey {
  return integerField(flow, key) ?? textField(flow, key) ?? 0;
}

/** What flows are told apart by; undefined for one that lacks the field: it is kept. */
function dedupKey(flow: Flow, key: string): string | undefined {
  return textField(flow, key) ?? integerField(flow, key)?.toString();
}

/**
 * Sorts, deduplicates and cuts flows as a query says, letting others run meanwhile: within a table, and again when
 * tables are merged.
 */
export async function arrange(
  flows: readonly Flow[],
  query: FlowQuery,
  scheduler: Scheduler,
): Promise<readonly Flow[]> {
  let arranged = flows;
  if (query.sort !== undefined) {
    const { by, descending } = query.sort;
    const keyed = await scheduler.map(arranged, (flow) => ({ flow, key: sortKey(flow, by) }));
    const sorted = await sortInSlices(keyed, (a, b) => compareKeys(a.key, b.key), scheduler);
    arranged = await scheduler.map(sorted, ({ flow }) => flow);
    if (descending) arranged = arranged.toReversed();
  }
  if (query.dedupBy !== undefined) arranged = await distinct(arranged, query.dedupBy, scheduler);
  return query.most === undefined ? arranged : arranged.slice(0, query.most);
}

async function distinct(flows: readonly Flow[], by: string, scheduler: Scheduler): Promise<readonly Flow[]> {
  const seen = new Set<string>();
  const kept: Flow[] = [];
  for (let i = 0; i < flows.length; i++) {
    const flow = flows[i]!;
    const key = dedupKey(flow, by);
    if (key === undefined || !seen.has(key)) kept.push(flow);
    if (key !== undefined) seen.add(key);
    if ((i & 1023) === 1023 && scheduler.due()) await scheduler.pause();
  }
  return kept;
}
