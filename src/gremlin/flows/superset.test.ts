// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../graph/filter.js';
import { hasWireForm, superset } from './superset.js';

const term: Filter = { kind: 'term', key: 'Application', value: 'DNS' };
const known: Filter = { kind: 'test', key: 'NodeTID', test: () => true, terms: ['a', 'b'] };
const any: Filter = { kind: 'test', key: 'Start', test: () => false };
const oneOf: Filter = {
  kind: 'or',
  filters: ['a', 'b'].map((value) => ({ kind: 'term', key: 'NodeTID', value })),
};
const always: Filter = { kind: 'true' };
const never: Filter = { kind: 'not', filter: always };
const not = (filter: Filter): Filter => ({ kind: 'not', filter });

for (const [what, filter, expected] of [
  ['a filter with a wire form', term, term],
  ['a predicate that names its values', known, oneOf],
  ['a predicate', any, always],
  ['the opposite of a predicate', not(any), not(never)],
  ['the opposite of the opposite', not(not(known)), not(not(oneOf))],
  [
    'one of several conditions',
    { kind: 'and', filters: [term, any] },
    { kind: 'and', filters: [term, always] },
  ],
  [
    'an alternative',
    { kind: 'or', filters: [term, not(known)] },
    { kind: 'or', filters: [term, not(never)] },
  ],
] as const) {
  test(`${what} is widened, never narrowed`, () => {
    assert.deepEqual(superset(filter), expected);
    assert.equal(hasWireForm(filter), filter === term);
    assert.ok(hasWireForm(superset(filter)));
  });
}
