// SPDX-License-Identifier: Apache-2.0

import { toInteger } from '../graph/cast.js';
import type { MetadataValue } from '../graph/element.js';
import type { Nodes } from './current.js';
import { retrieve } from './fields.js';
import { handlesOf, sortInSlices } from './order.js';
import type { Run } from './run.js';

/** What a value is sorted by: numbers before texts; a missing value is 0, a list or map the empty text. */
export type SortKey = number | string;

export function sortKey(value: MetadataValue | undefined): SortKey {
  if (value === undefined) return 0;
  const number = toInteger(value);
  if (number !== undefined) return number;
  return typeof value === 'string' ? value : '';
}

export function compareKeys(a: SortKey, b: SortKey): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Item {
  readonly key: SortKey;
  readonly id: string;
  readonly revision: number;
  readonly handle: number;
}

/** The handles in the order of a field, ties by ID; only the first `most` of them. */
export async function sortNodes(
  run: Run,
  { scope, handles }: Nodes,
  key: string,
  descending: boolean,
  most: number,
): Promise<Uint32Array> {
  const { view } = scope;
  const turn = descending ? -1 : 1;
  const compare = (a: Item, b: Item): number => {
    const order = turn * compareKeys(a.key, b.key);
    if (order !== 0) return order;
    return a.id < b.id ? -1 : a.id > b.id ? 1 : a.revision - b.revision;
  };
  let items: Item[] = [];
  /** The last of the first, once there are as many: what comes behind it is out. */
  let last: Item | undefined;
  // Only what may still be among the first is kept: twice as many at most.
  const room = most * 2 + 64;
  for (let i = 0; i < handles.length; i++) {
    const node = view.node(handles[i]!);
    const nodeKey = sortKey(retrieve(node, key));
    if (last === undefined || turn * compareKeys(nodeKey, last.key) <= 0) {
      const item = { key: nodeKey, id: node.ID, revision: node.Revision, handle: handles[i]! };
      if (last === undefined || compare(item, last) < 0) items.push(item);
    }
    if (items.length >= room) {
      items = items.sort(compare).slice(0, most);
      last = items[most - 1];
    }
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
  }
  const sorted = await sortInSlices(items, compare, run.scheduler);
  return handlesOf(sorted, most, run.scheduler);
}
