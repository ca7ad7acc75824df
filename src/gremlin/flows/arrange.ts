// SPDX-License-Identifier: Apache-2.0

import type { Flow, FlowQuery } from '../flow-source.js';
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

/** Sorts, deduplicates and cuts flows as a query says: within a table, and again when tables are merged. */
export function arrange(flows: readonly Flow[], query: FlowQuery): readonly Flow[] {
  let arranged = flows;
  if (query.sort !== undefined) {
    const { by, descending } = query.sort;
    const keyed = arranged.map((flow) => ({ flow, key: sortKey(flow, by) }));
    keyed.sort((a, b) => compareKeys(a.key, b.key));
    if (descending) keyed.reverse();
    arranged = keyed.map(({ flow }) => flow);
  }
  const { dedupBy } = query;
  if (dedupBy !== undefined) {
    const seen = new Set<string>();
    arranged = arranged.filter((flow) => {
      const key = dedupKey(flow, dedupBy);
      return key === undefined || (!seen.has(key) && seen.add(key));
    });
  }
  return query.most === undefined ? arranged : arranged.slice(0, query.most);
}
