// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../errors.js';
import { toInteger } from '../graph/cast.js';
import { unsetTime } from '../graph/field.js';
import type { Filter } from '../graph/filter.js';
import { parseIpv4Cidr } from '../graph/ipv4.js';
import { addon } from '../native/addon.js';
import { GremlinError } from './error.js';
import { type Param, type PredicateName, show } from './syntax.js';
import { withAbsentZeros } from './typed.js';

type PredicateParam = Extract<Param, { kind: 'predicate' }>;
type Compile = (key: string, params: readonly Param[], whole: PredicateParam) => Filter;

function refuse(param: Param, why: string): never {
  throw new GremlinError('X-VAL', `${show(param)} at position ${param.position} ${why}`);
}

/** The integer cast of a literal. */
function integerOf(param: Param): number {
  const value = param.kind === 'predicate' || param.kind === 'constant' ? undefined : toInteger(param.value);
  return value ?? refuse(param, 'is not an integer');
}

function equals(key: string, param: Param): Filter {
  if (param.kind === 'string' || param.kind === 'boolean') return { kind: 'term', key, value: param.value };
  return { kind: 'term', key, value: integerOf(param) };
}

/** Equality of Within and Without: texts as they are, all else as integers, so that true is 1. */
function memberOf(key: string, param: Param): Filter {
  if (param.kind === 'string') return { kind: 'term', key, value: param.value };
  return { kind: 'term', key, value: integerOf(param) };
}

function not(filter: Filter): Filter {
  return { kind: 'not', filter };
}

/** A live element has no `@DeletedAt`, although its getter gives the original's overflowed zero time. */
const deleted = not({ kind: 'term', key: '@DeletedAt', value: unsetTime });

/** The key is there. */
export function present(key: string): Filter {
  const there = not({ kind: 'null', key });
  if (key === '@DeletedAt') return { kind: 'and', filters: [there, deleted] };
  return withAbsentZeros(key, there);
}

function compare(op: 'gt' | 'gte' | 'lt' | 'lte'): Compile {
  return (key, params) => ({ kind: 'compare', key, op, value: integerOf(params[0]!) });
}

/** For a boolean `b` the original tests equality with `not b`, so a missing key never passes. */
function differs(key: string, param: Param): Filter {
  if (param.kind === 'boolean') return { kind: 'term', key, value: !param.value };
  return not(equals(key, param));
}

function regex(key: string, params: readonly Param[], whole: PredicateParam): Filter {
  const source = String((params[0] as { value: string }).value);
  if (source.startsWith('^') || source.endsWith('$'))
    refuse(whole, 'must not start with ^ or end with $: the whole value is matched as it is');
  // The anchors are concatenated, so `a|b` anchors its outer branches only: clients see it, so it stays.
  const pattern = `^${source}$`;
  try {
    new (addon().Regexp)(pattern);
  } catch (error) {
    throw new GremlinError(
      'X-VAL',
      `${show(whole)} at position ${whole.position} is not a regular expression (RE2 syntax): ${messageOf(error)}`,
      undefined,
      error,
    );
  }
  return { kind: 'regex', key, pattern };
}

function ipv4Range(key: string, params: readonly Param[], whole: PredicateParam): Filter {
  const range = params[0]!;
  // IPv6 ranges crashed the original.
  if (range.kind !== 'string' || parseIpv4Cidr(range.value) === undefined)
    refuse(whole, 'needs an IPv4 range such as "10.0.0.0/8"');
  return { kind: 'ipv4range', key, cidr: range.value };
}

const compilers: Record<PredicateName, Compile> = {
  NE: (key, params) => ({ kind: 'and', filters: [not({ kind: 'null', key }), differs(key, params[0]!)] }),
  NEE: (key, params) => differs(key, params[0]!),
  LT: compare('lt'),
  LTE: compare('lte'),
  GT: compare('gt'),
  GTE: compare('gte'),
  Inside: (key, params) => ({
    kind: 'and',
    filters: [compare('gt')(key, [params[0]!], noWhole), compare('lt')(key, [params[1]!], noWhole)],
  }),
  Between: (key, params) => ({
    kind: 'and',
    filters: [compare('gte')(key, [params[0]!], noWhole), compare('lt')(key, [params[1]!], noWhole)],
  }),
  // An empty list passes whatever the field is, even when it is missing.
  Within: (key, params) => ({ kind: 'or', filters: params.map((param) => memberOf(key, param)) }),
  Without: (key, params) => ({ kind: 'and', filters: params.map((param) => not(memberOf(key, param))) }),
  Regex: regex,
  Ipv4Range: ipv4Range,
  Metadata: (_key, _params, whole) => refuse(whole, 'is only understood by ShortestPathTo'),
};

const noWhole: PredicateParam = { kind: 'predicate', name: 'GT', params: [], position: 0 };

/** The filter that a value or predicate makes of a key, whatever the key is of. Throws X-VAL. */
export function plainPredicate(key: string, param: Param): Filter {
  if (param.kind === 'constant') refuse(param, 'cannot be compared with a field');
  return param.kind === 'predicate' ? compilers[param.name](key, param.params, param) : equals(key, param);
}

/** The filter that a value or predicate makes of a key of nodes and edges. Throws X-VAL. */
export function compilePredicate(key: string, param: Param): Filter {
  const filter = plainPredicate(key, param);
  if (key === '@DeletedAt' && !passesMissing(param)) return { kind: 'and', filters: [deleted, filter] };
  return withAbsentZeros(key, filter);
}

/** The predicates that a missing key passes. */
function passesMissing(param: Param): boolean {
  if (param.kind !== 'predicate') return false;
  const { name, params } = param;
  return (
    name === 'Without' ||
    (name === 'NEE' && params[0]!.kind !== 'boolean') ||
    (name === 'Within' && params.length === 0)
  );
}
