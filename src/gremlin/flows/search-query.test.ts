// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../parser.js';
import { vocabulary } from '../steps/registry.js';
import { flowConditions } from './conditions.js';
import { searchQueryOf, wireFilter } from './search-query.js';

function filterOf(query: string): unknown {
  const [flows] = parse(query, vocabulary('full'));
  return wireFilter(flowConditions(flows!));
}

for (const [query, filter] of [
  ['G.Flows("Application","DNS")', { TermStringFilter: { Key: 'Application', Value: 'DNS' } }],
  [
    'G.Flows("Network",NE("10.0.0.1"))',
    {
      BoolFilter: {
        Filters: ['Network.A', 'Network.B'].map((Key) => ({
          BoolFilter: {
            Op: 1,
            Filters: [
              { BoolFilter: { Op: 2, Filters: [{ NullFilter: { Key } }] } },
              { BoolFilter: { Op: 2, Filters: [{ TermStringFilter: { Key, Value: '10.0.0.1' } }] } },
            ],
          },
        })),
      },
    },
  ],
  [
    'G.Flows("Metric.ABBytes",Between(1,9.5))',
    {
      BoolFilter: {
        Op: 1,
        Filters: [
          { GteInt64Filter: { Key: 'Metric.ABBytes', Value: 1 } },
          { LtInt64Filter: { Key: 'Metric.ABBytes', Value: 9 } },
        ],
      },
    },
  ],
  ['G.Flows("Application",Regex("HTTP.*"))', { RegexFilter: { Key: 'Application', Value: '^HTTP.*$' } }],
  [
    'G.Flows("Network.A",Ipv4Range("10.0.0.0/8"))',
    { IPV4RangeFilter: { Key: 'Network.A', Value: '10.0.0.0/8' } },
  ],
  ['G.Flows("Application",Within())', { BoolFilter: { Filters: [] } }],
] as const) {
  test(`${query} is on the wire as the original has it`, () => assert.deepEqual(filterOf(query), filter));
}

test('a host is asked for its own nodes, in order, no more than wanted', () => {
  const query = {
    filter: { kind: 'term', key: 'Application', value: 'DNS' },
    nodes: new Map([
      ['a1', ['t1', 't2']],
      ['a2', ['t3']],
    ]),
    sort: { by: 'Last', descending: true },
    dedupBy: 'TrackingID',
    most: 5,
  } as const;
  assert.deepEqual(searchQueryOf(query, 'a1'), {
    Filter: {
      BoolFilter: {
        Op: 1,
        Filters: [
          {
            BoolFilter: {
              Filters: [
                { TermStringFilter: { Key: 'NodeTID', Value: 't1' } },
                { TermStringFilter: { Key: 'NodeTID', Value: 't2' } },
              ],
            },
          },
          { BoolFilter: { Op: 1, Filters: [{ TermStringFilter: { Key: 'Application', Value: 'DNS' } }] } },
        ],
      },
    },
    PaginationRange: { To: 5 },
    Sort: true,
    SortBy: 'Last',
    SortOrder: 2,
    Dedup: true,
    DedupBy: 'TrackingID',
  });
});

test('a query without conditions is an empty message', () => assert.deepEqual(searchQueryOf({}), {}));

test('a host without any of the nodes is asked for nothing', () => {
  const query = { nodes: new Map([['a1', ['t1']]]) };
  assert.deepEqual(searchQueryOf(query, 'a2'), {
    Filter: { BoolFilter: { Op: 1, Filters: [{ BoolFilter: { Op: 2, Filters: [{}] } }] } },
  });
});
