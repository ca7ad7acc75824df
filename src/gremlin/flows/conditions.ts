// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import { conditionsOf } from '../conditions.js';
import { GremlinError } from '../error.js';
import { plainPredicate } from '../predicates.js';
import type { Call, Param } from '../syntax.js';

/** Named without a field, these mean either end; with NE: one of the ends differs. */
const twoSided = new Set(['Network', 'Link', 'Transport']);

function compile(key: string, param: Param): Filter {
  if (!twoSided.has(key)) return plainPredicate(key, param);
  return { kind: 'or', filters: [plainPredicate(`${key}.A`, param), plainPredicate(`${key}.B`, param)] };
}

/** The filter of a Has or HasEither behind Flows, or of Flows itself: pairs only. */
export function flowConditions(call: Call): Filter {
  if (call.params.length < 2)
    throw new GremlinError(
      'X-ARG',
      `${call.name} at position ${call.position} takes pairs of a flow field and a value`,
    );
  return conditionsOf(call, call.name === 'HasEither' ? 'or' : 'and', compile)!;
}
