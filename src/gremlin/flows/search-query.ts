// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { SearchQuery, WireFilter } from '../../flow/search-query.js';
import type { Filter } from '../../graph/filter.js';
import type { FlowQuery } from '../flow-source.js';

const ops = { gt: 'Gt', gte: 'Gte', lt: 'Lt', lte: 'Lte' } as const;
/** `BoolFilterOp`; OR is 0 and so left out. */
const and = 1;
const not = 2;

function term(key: string, value: string | number | boolean): WireFilter {
  if (typeof value === 'string') return { TermStringFilter: { Key: key, Value: value } };
  if (typeof value === 'boolean') return { TermBoolFilter: { Key: key, Value: value } };
  return { TermInt64Filter: { Key: key, Value: Math.trunc(value) } };
}

/** The filter as agents and stores of the original know it. Throws for one that only this process can evaluate. */
export function wireFilter(filter: Filter): WireFilter {
  switch (filter.kind) {
    case 'true':
      return {};
    case 'and':
      return { BoolFilter: { Op: and, Filters: filter.filters.map(wireFilter) } };
    case 'or':
      return { BoolFilter: { Filters: filter.filters.map(wireFilter) } };
    case 'not':
      return { BoolFilter: { Op: not, Filters: [wireFilter(filter.filter)] } };
    case 'null':
      return { NullFilter: { Key: filter.key } };
    case 'term':
      return term(filter.key, filter.value);
    case 'compare':
      return { [`${ops[filter.op]}Int64Filter`]: { Key: filter.key, Value: Math.trunc(filter.value) } };
    case 'regex':
      return { RegexFilter: { Key: filter.key, Value: filter.pattern } };
    case 'ipv4range':
      return { IPV4RangeFilter: { Key: filter.key, Value: filter.cidr } };
    case 'test':
      throw new SkydiveError('SKY_E_INTERNAL', `a test on "${filter.key}" cannot be sent to an agent`);
  }
}

/** What one host is asked: its TIDs, where the query names nodes, and no more flows than are wanted. */
export function searchQueryOf(query: FlowQuery, host?: string): SearchQuery {
  // Conditions are always joined by AND, as the original spells them, be it a single one.
  const filters: Filter[] =
    query.filter === undefined
      ? []
      : [query.filter.kind === 'and' ? query.filter : { kind: 'and', filters: [query.filter] }];
  // No value at all: an empty OR would let everything pass.
  const anyOf = (key: string, values: readonly string[]): Filter =>
    values.length === 0
      ? { kind: 'not', filter: { kind: 'true' } }
      : { kind: 'or', filters: values.map((value) => ({ kind: 'term', key, value })) };
  const tids =
    host === undefined ? [...(query.nodes?.values() ?? [])].flat() : (query.nodes?.get(host) ?? []);
  if (query.uuids !== undefined) filters.unshift(anyOf('UUID', query.uuids));
  if (query.nodes !== undefined) filters.unshift(anyOf('NodeTID', tids));
  const [first] = filters;
  return {
    ...(first === undefined
      ? {}
      : {
          Filter: wireFilter(filters.length === 1 && first.kind === 'and' ? first : { kind: 'and', filters }),
        }),
    ...(query.most === undefined ? {} : { PaginationRange: { To: query.most } }),
    ...(query.sort === undefined
      ? {}
      : { Sort: true, SortBy: query.sort.by, SortOrder: query.sort.descending ? 2 : 1 }),
    ...(query.dedupBy === undefined ? {} : { Dedup: true, DedupBy: query.dedupBy }),
  };
}
