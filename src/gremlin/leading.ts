// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';
import { textPrefix } from '../graph/text-prefix.js';
import type { DistinctValues } from '../graph/view.js';
import type { Nodes } from './current.js';
import { HandleList } from './handles.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';
import { compareKeys, type SortKey, sortKey } from './sorting.js';

/** More distinct values than this are not worth looking for. */
const mostValues = 1000;

/** Certainly no number: those begin with a digit or a sign. */
function isText(value: string): boolean {
  const first = value.charCodeAt(0);
  return first > 57;
}

/** Prefix of the first text that `isText` can be told of. */
const firstText = textPrefix(':');

/** Values between two looks at the clock. */
const batch = 1 << 14;

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

  /**
   * What is told by the prefix of a value alone (`textPrefix`, 0 of what is no text): below `least` and above `most`
   * it cannot lead.
   */
  bounds(): { readonly least: number; readonly most: number } {
    const last = this.#last;
    if (last === undefined) return { least: 0, most: Number.POSITIVE_INFINITY };
    const bound = typeof last === 'string' && isText(last) ? textPrefix(last) : undefined;
    if (this.#turn < 0) return { least: bound ?? 0, most: Number.POSITIVE_INFINITY };
    // All that begins with more than a digit comes after numbers, and after texts that begin with a digit.
    return { least: 0, most: bound ?? firstText - 1 };
  }

  see(value: MetadataValue): void {
    const last = this.#last;
    // Most values are texts behind the last leader: nothing else has to be known of those.
    if (typeof value === 'string' && typeof last === 'string' && isText(value)) {
      if (this.#turn > 0 ? value > last : value < last) return;
    }
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
  const { view } = scope;
  const isWhole = handles === scope.allNodes;
  const leaders = new Leaders(most, descending);
  const values = isWhole ? view.valuesOf?.('node', key) : undefined;
  const complete =
    values === undefined
      ? await lookThrough(run, scope, handles, key, leaders)
      : await seeAll(run, values, leaders);
  if (!complete || leaders.short) return undefined;
  const countOf = (value: string): number => view.plan('node', { kind: 'term', key, value }).candidates;
  const terms = leaders.scalars(isWhole ? countOf : undefined);
  // Of all nodes at once: the lists of the column are shorter than going through the nodes in batches.
  const select = (filter: Filter): Uint32Array | Promise<Uint32Array> =>
    isWhole ? view.select('node', filter) : run.select(scope, 'node', filter, handles);
  const found = new HandleList();
  const leads = (value: MetadataValue | undefined): boolean =>
    value !== undefined && value !== null && leaders.leads(sortKey(value));
  found.append(await select({ kind: 'test', key, terms, test: leads }));
  if (leaders.leads(0)) {
    // What lacks the key, and null, count as 0.
    found.append(await select({ kind: 'null', key }));
    found.append(await select({ kind: 'test', key, terms: [null], test: (value) => value === null }));
  }
  // Values and counts are those of now: where writes have made them wrong, all nodes are looked at.
  return found.length < most ? undefined : found.take();
}

/** Shows the leaders all values that may lead; false when there are lists or maps, which are not told apart. */
async function seeAll(run: Run, values: DistinctValues, leaders: Leaders): Promise<boolean> {
  for (let from = 0; from < values.codeLimit; from += batch) {
    if (values.hasLists) return false;
    const to = Math.min(from + batch, values.codeLimit);
    const prefixes = values.prefixes(to);
    let { least, most } = leaders.bounds();
    for (let code = from; code < to; code++) {
      const prefix = prefixes[code]!;
      if (prefix < least || prefix > most) continue;
      const value = values.value(code);
      if (value === undefined) continue;
      leaders.see(value);
      ({ least, most } = leaders.bounds());
    }
    if (run.scheduler.due()) await run.scheduler.pause();
  }
  return !values.hasLists;
}

/** The same by way of a selection, which looks once at each value of a column; false also when there is none. */
async function lookThrough(
  run: Run,
  scope: Scope,
  handles: Uint32Array,
  key: string,
  leaders: Leaders,
): Promise<boolean> {
  let lists = false;
  const look = {
    kind: 'test',
    key,
    test: (value: MetadataValue | undefined): boolean => {
      if (typeof value === 'object' && value !== null) lists = true;
      else if (value !== undefined) leaders.see(value);
      return false;
    },
  } as const;
  if (scope.view.plan('node', look).access === 'scan') return false;
  await run.select(scope, 'node', look, handles);
  return !lists;
}
