// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { addon } from '../native/addon.js';
import { toInteger } from './cast.js';
import type { Element, ElementKind, MetadataMap, MetadataValue } from './element.js';
import { edgeEnd, metadataPath, rawField } from './field.js';
import type { Filter } from './filter.js';
import { inIpv4Range, parseIpv4Cidr } from './ipv4.js';
import { getPath, isMap } from './metadata.js';

/** Says whether an element passes. */
export type Matcher = (element: Element) => boolean;

/** Says whether one value of a key passes; `undefined` stands for an absent one. */
export type ValueTest = (value: MetadataValue | undefined) => boolean;

/** A filter that looks at one key. */
export type LeafFilter = Exclude<Filter, { readonly kind: 'true' | 'and' | 'or' | 'not' }>;

/** A filter as a function; patterns and ranges are compiled here, once. */
export function compile(kind: ElementKind, filter: Filter): Matcher {
  switch (filter.kind) {
    case 'true':
      return () => true;
    case 'and': {
      const all = filter.filters.map((inner) => compile(kind, inner));
      return (element) => all.every((matches) => matches(element));
    }
    case 'or': {
      const some = filter.filters.map((inner) => compile(kind, inner));
      return some.length === 0 ? () => true : (element) => some.some((matches) => matches(element));
    }
    case 'not': {
      const matches = compile(kind, filter.filter);
      return (element) => !matches(element);
    }
    default:
      return compileLeaf(kind, filter);
  }
}

const compiledFor = { node: new WeakMap<Filter, Matcher>(), edge: new WeakMap<Filter, Matcher>() };

/** `compile`, once per filter object. */
export function compiled(kind: ElementKind, filter: Filter): Matcher {
  let matcher = compiledFor[kind].get(filter);
  if (matcher === undefined) {
    matcher = compile(kind, filter);
    compiledFor[kind].set(filter, matcher);
  }
  return matcher;
}

function compileLeaf(kind: ElementKind, filter: LeafFilter): Matcher {
  const { key } = filter;
  const test = valueTest(kind, filter);
  if (kind === 'edge' && (key === 'Parent' || key === 'Child') && seesEnds(filter)) {
    return (element) => test(edgeEnd(element, key));
  }
  const path = metadataPath(key);
  if (key.startsWith('@') || path.includes('.') || path === '__proto__') {
    return (element) => test(rawField(element, key));
  }
  // The common case, in the loops over all elements: a member of the metadata itself.
  return (element) => {
    const value: unknown = element.Metadata[path];
    return test(typeof value === 'function' ? getPath(element.Metadata, path) : (value as MetadataValue));
  };
}

/** Only strings are compared with the ends of an edge; a caller's own test sees them too. */
export function seesEnds(filter: LeafFilter): boolean {
  return filter.kind !== 'compare' && filter.kind !== 'null';
}

/** Top-level keys of nodes that the original decodes into records: in these, comparisons reach any depth. */
const recordKeys = new Set(
  'BlockDev BlockdevMetric Captures Container Contrail FDB LLDP LXD LastUpdateMetric Libvirt Metric Neighbors Neutron Ovs PacketInjections RoutingTables SFlow Vfs'.split(
    ' ',
  ),
);

function isRecord(key: string): boolean {
  const path = metadataPath(key);
  const dot = path.indexOf('.');
  return recordKeys.has(dot < 0 ? path : path.slice(0, dot));
}

/**
 * The test of a leaf on the raw value; arrays of a node pass when any of their items does. Arrays within arrays are
 * looked into only where the original has records.
 */
export function valueTest(kind: ElementKind, filter: LeafFilter): ValueTest {
  if (filter.kind === 'null') return (value) => value === undefined;
  if (filter.kind === 'test') return filter.test;
  const scalar = scalarTest(filter);
  const isList = (value: MetadataValue): value is readonly MetadataValue[] => Array.isArray(value);
  if (kind === 'edge') return (value) => value !== undefined && !isList(value) && scalar(value);
  const inner = isRecord(filter.key)
    ? (item: MetadataValue): boolean => (isList(item) ? item.some(inner) : scalar(item))
    : (item: MetadataValue): boolean => !isList(item) && scalar(item);
  return (value) => value !== undefined && (isList(value) ? value.some(inner) : scalar(value));
}

function scalarTest(
  filter: Exclude<LeafFilter, { kind: 'null' | 'test' }>,
): (value: MetadataValue) => boolean {
  switch (filter.kind) {
    case 'term': {
      const { value: wanted } = filter;
      if (typeof wanted !== 'number') return (value) => value === wanted;
      const number = Math.trunc(wanted);
      return (value) => toInteger(value) === number;
    }
    case 'compare':
      return compareTest(filter.op, filter.value);
    case 'regex': {
      const regexp = new (addon().Regexp)(filter.pattern);
      return (value) => typeof value === 'string' && regexp.test(value);
    }
    case 'ipv4range': {
      const range = parseIpv4Cidr(filter.cidr);
      if (range === undefined) {
        throw new SkydiveError(
          'SKY_E_BAD_REQUEST',
          `"${filter.cidr}" is no IPv4 range: write an address and a prefix length such as 10.0.0.0/8`,
        );
      }
      return (value) => typeof value === 'string' && inIpv4Range(range, value);
    }
  }
}

function compareTest(op: 'gt' | 'gte' | 'lt' | 'lte', wanted: number): (value: MetadataValue) => boolean {
  const compare = {
    gt: (number: number) => number > wanted,
    gte: (number: number) => number >= wanted,
    lt: (number: number) => number < wanted,
    lte: (number: number) => number <= wanted,
  }[op];
  return (value) => {
    const number = toInteger(value);
    return number !== undefined && compare(number);
  };
}

/** Passes nothing. */
export const nothing: Filter = { kind: 'not', filter: { kind: 'true' } };

/**
 * A metadata map as a filter: equality of each of its keys. Nested maps are taken by their inner keys without the
 * outer one, as in the original; a value that cannot be compared passes nothing.
 */
export function filterOfMap(map: MetadataMap): Filter {
  const filters = Object.entries(map).map(([key, value]): Filter => {
    if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'term', key, value };
    if (isMap(value)) return filterOfMap(value);
    const number = toInteger(value);
    return number === undefined ? nothing : { kind: 'term', key, value: number };
  });
  return filters.length === 1 ? filters[0]! : { kind: 'and', filters };
}
