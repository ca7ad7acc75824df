// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';
import type { Nodes } from './current.js';
import { HandleList } from './handles.js';
import type { Run } from './run.js';
import { compareKeys, type SortKey, sortKey } from './sorting.js';

/** More distinct values than this are not worth looking for. */
const mostValues = 1000;

/** The values of so many nodes are looked at in one go. */
const atOnce = 150_000;

/** The first distinct sort keys of those shown to it, each with the values that have it. */
class Leaders {
  readonly #most: number;
  readonly #turn: number;
  readonly #values = new Map<SortKey, MetadataValue[]>();
  /** The last of the leading keys, once there are enough. */
  #last: SortKey | undefined;

  constructor(most: number, descending: boolean) {
    this.#most = most;
    this.#turn = descending ? -1 : 1;
  }

  /** Fewer keys than wanted were seen: all are leading. */
  get short(): boolean {
    return this.#values.size < this.#most;
  }

  see(value: MetadataValue): void {
    const key = sortKey(value);
    if (this.#last !== undefined && this.#turn * compareKeys(key, this.#last) > 0) return;
    const same = this.#values.get(key);
    if (same !== undefined) {
      same.push(value);
      return;
    }
    this.#values.set(key, [value]);
    if (this.#values.size > this.#most * 2 || (this.#values.size >= this.#most && this.#last === undefined))
      this.#cut();
  }

  /** Whether a key comes no later than the last leader. */
  leads(key: SortKey): boolean {
    return this.#last === undefined || this.#turn * compareKeys(key, this.#last) <= 0;
  }

  /**
   * The leading values, first first. `countOf` tells how many nodes have one: no more values than those of enough
   * nodes are given; absent when it cannot be told.
   */
  scalars(countOf?: (value: string) => number): (string | number | boolean)[] {
    this.#cut();
    const scalars: (string | number | boolean)[] = [];
    let count = 0;
    for (const [key, values] of [...this.#values].sort(([a], [b]) => this.#turn * compareKeys(a, b))) {
      this.#last = key;
      for (const value of values) {
        if (value === null || typeof value === 'object') continue;
        scalars.push(value);
        if (typeof value === 'string' && countOf !== undefined) count += countOf(value);
      }
      if (count >= this.#most) break;
    }
    return scalars;
  }

  #cut(): void {
    const keys = [...this.#values.keys()].sort((a, b) => this.#turn * compareKeys(a, b));
    for (const key of keys.slice(this.#most)) this.#values.delete(key);
    if (keys.length >= this.#most) this.#last = keys[this.#most - 1];
  }
}

/**
 * Of nodes that are to be sorted by a key of which only the first `most` are wanted, those that can be among them:
 * the values of the key are looked at once each, and only the nodes with leading values are fetched. Undefined when
 * the graph has no column of the key, so that all have to be looked at anyhow.
 */
export async function leadingNodes(
  run: Run,
  { scope, handles }: Nodes,
  key: string,
  descending: boolean,
  most: number,
): Promise<Uint32Array | undefined> {
  if (most < 1 || most > mostValues || handles.length < most * 8) return undefined;
  const leaders = new Leaders(most, descending);
  let lists = false;
  let nulls = false;
  const look = {
    kind: 'test',
    key,
    test: (value: MetadataValue | undefined): boolean => {
      // Absent keys count as 0, lists and maps as "".
      if (value === null) nulls = true;
      if (typeof value === 'object' && value !== null) lists = true;
      else if (value !== undefined) leaders.see(value);
      return false;
    },
  } as const;
  if (scope.view.plan('node', look).access === 'scan') return undefined;
  const isWhole = handles === scope.allNodes;
  // Each value once: going through the handles would also look at each node.
  if (isWhole && handles.length <= atOnce) scope.view.select('node', look);
  else await run.select(scope, 'node', look, handles);
  if (leaders.short || lists) return undefined;
  const countOf = (value: string): number => scope.view.plan('node', { kind: 'term', key, value }).candidates;
  const terms = leaders.scalars(isWhole ? countOf : undefined);
  const found = new HandleList();
  const leading = {
    kind: 'test',
    key,
    terms,
    test: (value: MetadataValue | undefined) => leaders.leads(sortKey(value)),
  } as const;
  found.append(await run.select(scope, 'node', leading, isWhole ? undefined : handles));
  if (leaders.leads(0)) {
    const among = isWhole && handles.length <= atOnce ? undefined : handles;
    const pick = (filter: Filter): Uint32Array | Promise<Uint32Array> =>
      among === undefined ? scope.view.select('node', filter) : run.select(scope, 'node', filter, among);
    // What lacks the key, and null, which no term names, count as 0.
    found.append(await pick({ kind: 'null', key }));
    if (nulls) found.append(await pick({ kind: 'test', key, test: (value) => value === null }));
  }
  return found.take();
}
