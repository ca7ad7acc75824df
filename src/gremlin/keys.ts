// SPDX-License-Identifier: Apache-2.0

import { type ConfigKey, declareKeys } from '../config/key.js';

function positive(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 ? undefined : 'must be greater than 0';
}

/** The bounds of a query; not in the original. */
export const gremlinKeys: readonly ConfigKey[] = declareKeys([
  {
    key: 'analyzer.gremlin.timeout',
    type: 'int',
    default: 60,
    unit: 's',
    doc: 'How long one query may take before it is refused.',
    check: positive,
  },
  {
    key: 'analyzer.gremlin.max_rows',
    type: 'int',
    default: 10_000_000,
    doc: 'How many elements, repeats included, one step of a query may give before the query is refused.',
    check: positive,
  },
]);
