// SPDX-License-Identifier: Apache-2.0

import { ascendingOnce } from './ascending.js';
import { absent, type Column, compound, vacant } from './column.js';
import type { Element, ElementKind } from './element.js';
import type { Filter } from './filter.js';
import { compiled, type LeafFilter, seesEnds, valueTest } from './match.js';
import { isPassing, passingBit, programOf } from './program.js';
import type { Handle } from './view.js';

/** What a selection needs to know of the elements of one kind. */
export interface Table {
  readonly kind: ElementKind;
  /** One more than the highest handle. */
  readonly limit: number;
  readonly count: number;
  at(handle: Handle): Element | undefined;
  /** Every handle with an element, ascending; not to be written to. */
  handles(): Uint32Array;
  /** Every revision with that ID. */
  handlesOf(id: string): Uint32Array;
  column(key: string): Column | undefined;
}

/** How a filter would be answered. */
export interface Plan {
  readonly access: 'index' | 'column' | 'scan';
  readonly key?: string;
  readonly candidates: number;
}

/** Beyond this share of all elements, reading a column through beats walking lists and sorting. */
const denseShare = 1 / 16;

/** Every element that passes, by ascending handle. */
export function selectAll(table: Table, filter: Filter): Uint32Array {
  switch (filter.kind) {
    case 'true':
      return table.handles();
    case 'and': {
      const [first, ...rest] = bySelectivity(table, filter.filters);
      return first === undefined ? table.handles() : narrowBy(table, rest, selectAll(table, first));
    }
    case 'or':
      return filter.filters.length > 0 && planOf(table, filter).access === 'index'
        ? union(
            filter.filters.map((inner) => selectAll(table, inner)),
            table.limit,
          )
        : narrow(table, filter, table.handles());
    case 'not':
      return narrow(table, filter, table.handles());
    default:
      return selectLeaf(table, filter);
  }
}

/** Those among the handles that pass, in their order. */
export function narrow(table: Table, filter: Filter, among: Uint32Array): Uint32Array {
  switch (filter.kind) {
    case 'true':
      return among;
    case 'and':
      return narrowBy(table, bySelectivity(table, filter.filters), among);
    case 'or': {
      if (filter.filters.length === 0) return among;
      const passed = new Set<Handle>();
      let rest = among;
      for (const inner of filter.filters) {
        const some = narrow(table, inner, rest);
        if (some.length === rest.length) return among;
        for (const handle of some) passed.add(handle);
        if (some.length > 0) rest = rest.filter((handle) => !passed.has(handle));
      }
      return passed.size === 0 ? new Uint32Array(0) : among.filter((handle) => passed.has(handle));
    }
    case 'not': {
      const passed = new Set(narrow(table, filter.filter, among));
      return passed.size === 0 ? among : among.filter((handle) => !passed.has(handle));
    }
    default:
      return narrowLeaf(table, filter, among);
  }
}

function narrowBy(table: Table, filters: readonly Filter[], among: Uint32Array): Uint32Array {
  let rest = among;
  for (const filter of filters) {
    if (rest.length === 0) break;
    rest = narrow(table, filter, rest);
  }
  return rest;
}

/** The cheapest access first: small index, then columns, then what has to look into elements. */
function bySelectivity(table: Table, filters: readonly Filter[]): readonly Filter[] {
  if (filters.length < 2) return filters;
  const costs = new Map(
    filters.map((filter) => {
      const { access, candidates } = planOf(table, filter);
      return [filter, access === 'scan' ? Number.POSITIVE_INFINITY : candidates];
    }),
  );
  // Two infinities would give NaN: equal ones keep their order.
  return [...costs.keys()].sort((a, b) =>
    costs.get(a) === costs.get(b) ? 0 : costs.get(a)! - costs.get(b)!,
  );
}

/** How `selectAll` would go about it; nothing is evaluated. */
export function planOf(table: Table, filter: Filter): Plan {
  const scan: Plan = { access: 'scan', candidates: table.count };
  switch (filter.kind) {
    case 'true':
    case 'not':
      return scan;
    case 'and':
      return filter.filters
        .map((inner) => planOf(table, inner))
        .reduce((best, plan) => (rank(plan) < rank(best) ? plan : best), scan);
    case 'or': {
      const plans = filter.filters.map((inner) => planOf(table, inner));
      if (plans.length === 0 || plans.some(({ access }) => access !== 'index')) return scan;
      const candidates = plans.reduce((sum, plan) => sum + plan.candidates, 0);
      return { ...plans[0]!, candidates };
    }
    default: {
      const { key } = filter;
      if (key === '@ID' && filter.kind === 'term' && typeof filter.value === 'string') {
        return { access: 'index', key, candidates: table.handlesOf(filter.value).length };
      }
      const column = columnOf(table, filter);
      if (column === undefined) return scan;
      const codes = indexCodes(column, filter);
      if (codes === undefined) return { access: 'column', key, candidates: table.count };
      return { access: 'index', key, candidates: total(column, codes) };
    }
  }
}

function rank({ access, candidates }: Plan): number {
  return access === 'scan' ? Number.POSITIVE_INFINITY : candidates;
}

function columnOf(table: Table, filter: LeafFilter): Column | undefined {
  const end = table.kind === 'edge' && (filter.key === 'Parent' || filter.key === 'Child');
  return end && seesEnds(filter) ? undefined : table.column(filter.key);
}

/**
 * The only codes whose elements can pass, `compound` included, when they follow from the filter itself: absence, or
 * equality with strings and booleans. An integer also equals strings that read as it.
 */
function indexCodes(column: Column, filter: LeafFilter): readonly number[] | undefined {
  if (filter.kind === 'null') return [absent];
  let terms: readonly (string | number | boolean | null)[] | undefined;
  if (filter.kind === 'term' && typeof filter.value !== 'number') terms = [filter.value];
  else if (filter.kind === 'test') terms = filter.terms;
  if (terms === undefined) return undefined;
  const codes = new Set(terms.map((term) => column.codeOf(term)).filter((code) => code >= 0));
  return [...codes, compound];
}

function total(column: Column, codes: readonly number[]): number {
  let sum = 0;
  for (const code of codes) sum += column.countOf(code);
  return sum;
}

function selectLeaf(table: Table, filter: LeafFilter): Uint32Array {
  if (filter.key === '@ID' && filter.kind === 'term' && typeof filter.value === 'string') {
    return table.handlesOf(filter.value);
  }
  const column = columnOf(table, filter);
  if (column === undefined) return scan(table, filter);
  const indexed = indexCodes(column, filter);
  if (indexed !== undefined && total(column, indexed) < table.limit * denseShare) {
    const test = valueTest(table.kind, filter);
    const passing = indexed.filter((code) => code === compound || test(column.value(code)));
    return passed(table, column, filter, passing);
  }
  if (indexed?.length === 2 && filter.kind === 'term') return readThrough(table, column, filter, indexed[0]!);
  const states = programOf(table.kind, column, filter).evaluateAll(column);
  const passing: number[] = column.countOf(compound) > 0 ? [compound] : [];
  for (let code = vacant + 1; code < column.codeLimit; code++) {
    if (isPassing(states[code]!)) passing.push(code);
  }
  if (total(column, passing) < table.limit * denseShare) {
    return passed(table, column, filter, passing);
  }
  return readThroughStates(table, column, filter, states);
}

/** The elements of codes that pass; those with arrays and maps are looked at. */
function passed(table: Table, column: Column, filter: LeafFilter, codes: readonly number[]): Uint32Array {
  const found = collect(column, codes, table.limit);
  return column.hasLists ? narrowLeaf(table, filter, found) : found;
}

/** The elements of these codes, by ascending handle. */
function collect(column: Column, codes: readonly number[], limit: number): Uint32Array {
  const handles = new Uint32Array(total(column, codes));
  let length = 0;
  for (const code of codes) length = column.collect(code, handles, length);
  return ascendingOnce([handles], limit);
}

function readThrough(table: Table, column: Column, filter: LeafFilter, wanted: number): Uint32Array {
  const { codes } = column;
  const found = new Uint32Array(column.countOf(wanted) + column.countOf(compound) + 1);
  const looksInside = column.hasLists;
  const matches = compiled(table.kind, filter);
  const limit = Math.min(table.limit, codes.length);
  let length = 0;
  if (!looksInside) {
    // Without a branch that could be guessed wrong: written always, counted when it is meant.
    for (let handle = 0; handle < limit; handle++) {
      found[length] = handle;
      // 1 when they are equal: the one difference whose predecessor is negative.
      length += ((codes[handle]! ^ wanted) - 1) >>> 31;
    }
    return found.subarray(0, length);
  }
  for (let handle = 0; handle < limit; handle++) {
    const code = codes[handle]!;
    if (code === wanted || (looksInside && code === compound && matches(table.at(handle)!))) {
      found[length++] = handle;
    }
  }
  return found.subarray(0, length);
}

function readThroughStates(
  table: Table,
  column: Column,
  filter: LeafFilter,
  states: Uint8Array,
): Uint32Array {
  const { codes } = column;
  const matches = compiled(table.kind, filter);
  const limit = Math.min(table.limit, codes.length);
  const found = new Uint32Array(limit + 1);
  let length = 0;
  if (!column.hasLists) {
    for (let handle = 0; handle < limit; handle++) {
      found[length] = handle;
      length += passingBit(states[codes[handle]!]!);
    }
    return found.slice(0, length);
  }
  for (let handle = 0; handle < limit; handle++) {
    const code = codes[handle]!;
    if (isPassing(states[code]!) || (code === compound && matches(table.at(handle)!)))
      found[length++] = handle;
  }
  return found.slice(0, length);
}

function narrowLeaf(table: Table, filter: LeafFilter, among: Uint32Array): Uint32Array {
  const matches = compiled(table.kind, filter);
  const column = columnOf(table, filter);
  const found = new Uint32Array(among.length);
  let length = 0;
  if (column === undefined) {
    for (let i = 0; i < among.length; i++) {
      const element = table.at(among[i]!);
      if (element !== undefined && matches(element)) found[length++] = among[i]!;
    }
    return found.slice(0, length);
  }
  const { codes } = column;
  const states = programOf(table.kind, column, filter).evaluate(column, among);
  for (let i = 0; i < among.length; i++) {
    const code = codes[among[i]!]!;
    if (isPassing(states[code]!) || (code === compound && matches(table.at(among[i]!)!))) {
      found[length++] = among[i]!;
    }
  }
  return found.slice(0, length);
}

function scan(table: Table, filter: LeafFilter): Uint32Array {
  const matches = compiled(table.kind, filter);
  const found: Handle[] = [];
  for (let handle = 0; handle < table.limit; handle++) {
    const element = table.at(handle);
    if (element !== undefined && matches(element)) found.push(handle);
  }
  return Uint32Array.from(found);
}

function union(parts: readonly Uint32Array[], limit: number): Uint32Array {
  return parts.length === 1 ? parts[0]! : ascendingOnce(parts, limit);
}
