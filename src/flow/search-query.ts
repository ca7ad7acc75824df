// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { integerField, messageField, textField } from './protobuf-fields.js';

/** A filter as its JSON is: one member is set, zero values are left out. */
export type WireFilter = { readonly [member: string]: unknown };

/** `filters.SearchQuery` as its JSON is. */
export interface SearchQuery {
  readonly Filter?: WireFilter;
  readonly PaginationRange?: { readonly From?: number; readonly To?: number };
  readonly Sort?: boolean;
  readonly Dedup?: boolean;
  readonly DedupBy?: string;
  readonly SortBy?: string;
  /** 0 none, 1 ascending, 2 descending. */
  readonly SortOrder?: number;
}

type ValueType = 'text' | 'integer' | 'boolean' | 'none';

/** Members of `Filter` in the order of their field numbers from 1 on, with the type of their value; 8 is BoolFilter. */
const members: readonly (readonly [string, ValueType])[] = [
  ['TermStringFilter', 'text'],
  ['TermInt64Filter', 'integer'],
  ['TermBoolFilter', 'boolean'],
  ['GtInt64Filter', 'integer'],
  ['LtInt64Filter', 'integer'],
  ['GteInt64Filter', 'integer'],
  ['LteInt64Filter', 'integer'],
  ['BoolFilter', 'none'],
  ['RegexFilter', 'text'],
  ['NullFilter', 'none'],
  ['IPV4RangeFilter', 'text'],
];

/** Filters within filters; agents refuse deeper ones. */
const maxDepth = 64;

/** The query as protobuf. Throws SKY_E_WIRE at what is no SearchQuery: it may have come from anywhere. */
export function encodeSearchQuery(query: SearchQuery): Buffer {
  const parts = recordOf(query, 'a SearchQuery');
  const { Filter, PaginationRange } = parts;
  const range = PaginationRange === undefined ? undefined : recordOf(PaginationRange, 'PaginationRange');
  return Buffer.concat([
    ...(Filter === undefined ? [] : [messageField(1, encodeFilter(Filter, 0))]),
    ...(range === undefined
      ? []
      : [messageField(2, [integer(1, range['From'], 'From'), integer(2, range['To'], 'To')])]),
    integer(3, parts['Sort'], 'Sort'),
    integer(4, parts['Dedup'], 'Dedup'),
    text(5, parts['DedupBy'], 'DedupBy'),
    text(6, parts['SortBy'], 'SortBy'),
    integer(7, parts['SortOrder'], 'SortOrder'),
  ]);
}

function encodeFilter(filter: unknown, depth: number): Buffer[] {
  if (depth > maxDepth) throw malformed(`filters are nested more than ${maxDepth} deep`);
  const set = recordOf(filter, 'a Filter');
  return members.flatMap(([name, type], index) => {
    if (set[name] === undefined || set[name] === null) return [];
    const member = recordOf(set[name], name);
    const inner =
      name === 'BoolFilter'
        ? encodeBool(member, depth)
        : [text(1, member['Key'], `${name}.Key`), ...valueField(type, member['Value'], `${name}.Value`)];
    return [messageField(index + 1, inner)];
  });
}

function encodeBool(member: { readonly [key: string]: unknown }, depth: number): Buffer[] {
  const filters = member['Filters'] ?? [];
  if (!Array.isArray(filters)) throw malformed('BoolFilter.Filters is no list');
  const encoded = filters.map((inner: unknown) => messageField(2, encodeFilter(inner, depth + 1)));
  return [integer(1, member['Op'], 'BoolFilter.Op'), ...encoded];
}

function valueField(type: ValueType, value: unknown, what: string): Buffer[] {
  if (type === 'none') return [];
  return [type === 'text' ? text(2, value, what) : integer(2, value, what)];
}

function recordOf(value: unknown, what: string): { readonly [key: string]: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as { [key: string]: unknown };
  throw malformed(`${what} is no object`);
}

function text(field: number, value: unknown, what: string): Buffer {
  if (value !== undefined && typeof value !== 'string') throw malformed(`${what} is no text`);
  return textField(field, value ?? '');
}

/** An integer or a boolean, which is 1 or 0. */
function integer(field: number, value: unknown, what: string): Buffer {
  const number = typeof value === 'boolean' ? Number(value) : (value ?? 0);
  if (typeof number !== 'number' || !Number.isInteger(number)) throw malformed(`${what} is no integer`);
  return integerField(field, number);
}

function malformed(why: string): SkydiveError {
  return new SkydiveError('SKY_E_WIRE', `malformed flow query: ${why}`);
}
