// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import { GremlinError } from './error.js';
import { compilePredicate, present } from './predicates.js';
import { type Call, type Param, show } from './syntax.js';

/**
 * The filter of the parameters that most steps take: nothing (undefined), one key that has to be there, or pairs of a
 * key and a value or predicate, joined by AND or OR. Anything else is X-ARG.
 */
export function conditionsOf(
  call: Call,
  join: 'and' | 'or' = 'and',
  compile: (key: string, param: Param) => Filter = compilePredicate,
): Filter | undefined {
  const { params } = call;
  if (params.length === 0) return undefined;
  if (params.length === 1) return present(keyOf(call, params[0]!));
  if (params.length % 2 !== 0) {
    throw new GremlinError(
      'X-ARG',
      `${call.name} at position ${call.position} takes pairs of a key and a value, not ${params.length} parameters`,
    );
  }
  const filters: Filter[] = [];
  for (let i = 0; i < params.length; i += 2) filters.push(compile(keyOf(call, params[i]!), params[i + 1]!));
  return filters.length === 1 ? filters[0]! : { kind: join, filters };
}

function keyOf(call: Call, param: Param): string {
  if (param.kind === 'string') return param.value;
  throw new GremlinError(
    'X-ARG',
    `${call.name} takes a key (a string), not ${show(param)} at position ${param.position}`,
  );
}

/** Both filters at once. */
export function both(a: Filter | undefined, b: Filter | undefined): Filter | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { kind: 'and', filters: [a, b] };
}
