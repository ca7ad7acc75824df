// SPDX-License-Identifier: Apache-2.0
// What of a query reaches the flow tables and the store: everything that they can do themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../src/graph/filter.js';
import type { FlowQuery, FlowStorage, FlowWindow } from '../../src/gremlin/flow-source.js';
import { flowFieldPaths, integerField, textField } from '../../src/gremlin/flows/fields.js';
import { hasWireForm } from '../../src/gremlin/flows/superset.js';
import { parseQuery } from '../../src/gremlin/query.js';
import type { StepTrace } from '../../src/gremlin/trace.js';
import { datasets } from './datasets.js';
import { FakeFlows, FakeStorage } from './fake-flows.js';

/** A store that notes what it is asked. */
class NotedStorage implements FlowStorage {
  readonly asked: (readonly [what: string, query: FlowQuery, window: FlowWindow])[] = [];
  readonly #storage = new FakeStorage([]);

  search(query: FlowQuery, window: FlowWindow) {
    this.asked.push(['search', query, window]);
    return this.#storage.search(query, window);
  }

  metrics(query: FlowQuery, window: FlowWindow) {
    this.asked.push(['metrics', query, window]);
    return this.#storage.metrics(query, window);
  }

  packets(query: FlowQuery, window: FlowWindow) {
    this.asked.push(['packets', query, window]);
    return this.#storage.packets(query, window);
  }
}

async function asked(query: string): Promise<readonly FlowQuery[]> {
  const { graph, flows } = datasets['T']!();
  await parseQuery(query).run(graph, { flows });
  return flows.asked;
}

async function filterOf(query: string): Promise<Filter | undefined> {
  const [question, ...others] = await asked(query);
  assert.equal(others.length, 0);
  return question?.filter;
}

const every = { Application: 'TCP', RawPacketsCaptured: 0, UUID: 'u', Start: 1, Last: 2, ParentUUID: '' };
const layer = { Protocol: 'x', A: 'a', B: 'b', ID: 1 };
/** A flow that has every layer. */
const whole = {
  ...every,
  Link: layer,
  Network: layer,
  Transport: { Protocol: 'TCP', A: 1, B: 2, ID: 3 },
  ICMP: { Type: 'ECHO', Code: 1, ID: 2 },
  DNS: {},
  DHCPv4: {},
  Metric: {},
  LastUpdateMetric: {},
  TCPMetric: {},
  IPMetric: {},
} as unknown as Parameters<typeof textField>[0];

for (const key of flowFieldPaths) {
  test(`a condition on ${key} is asked of the tables`, async () => {
    const isText = textField(whole, key) !== undefined;
    assert.ok(isText || integerField(whole, key) !== undefined, 'neither a text nor an integer');
    const value = isText ? 'x' : 7;
    const shown = JSON.stringify(value);
    const term: Filter = { kind: 'term', key, value };
    const missing: Filter = { kind: 'null', key };
    const not = (filter: Filter): Filter => ({ kind: 'not', filter });
    const conditions: (readonly [string, Filter])[] = [
      [shown, term],
      [`NE(${shown})`, { kind: 'and', filters: [not(missing), not(term)] }],
      [`NEE(${shown})`, not(term)],
      [`Within(${shown},${shown})`, { kind: 'or', filters: [term, term] }],
      [`Without(${shown})`, { kind: 'and', filters: [not(term)] }],
    ];
    if (isText) {
      conditions.push(['Regex("a.*")', { kind: 'regex', key, pattern: '^a.*$' }]);
      conditions.push(['Ipv4Range("10.0.0.0/8")', { kind: 'ipv4range', key, cidr: '10.0.0.0/8' }]);
    } else {
      for (const op of ['lt', 'lte', 'gt', 'gte'] as const)
        conditions.push([`${op.toUpperCase()}(7)`, { kind: 'compare', key, op, value: 7 }]);
      const bounds = (least: 'gt' | 'gte'): Filter => ({
        kind: 'and',
        filters: [
          { kind: 'compare', key, op: least, value: 1 },
          { kind: 'compare', key, op: 'lt', value: 7 },
        ],
      });
      conditions.push(['Inside(1,7)', bounds('gt')], ['Between(1,7)', bounds('gte')]);
    }
    for (const [condition, filter] of conditions) {
      assert.deepEqual(await filterOf(`G.Flows("${key}",${condition})`), filter, condition);
      assert.deepEqual(await filterOf(`G.Flows().Has("${key}",${condition})`), filter, condition);
      assert.ok(hasWireForm(filter));
    }
  });
}

const dns: Filter = { kind: 'term', key: 'Application', value: 'DNS' };
const a1: Filter = { kind: 'term', key: 'Network.A', value: '10.0.0.1' };
const b1: Filter = { kind: 'term', key: 'Network.B', value: '10.0.0.1' };

const questions: readonly (readonly [query: string, question: FlowQuery])[] = [
  ['G.Flows()', {}],
  ['G.Flows().Has("Network","10.0.0.1")', { filter: { kind: 'or', filters: [a1, b1] } }],
  [
    'G.Flows("Application","DNS").Has("Network.A","10.0.0.1")',
    { filter: { kind: 'and', filters: [dns, a1] } },
  ],
  [
    'G.Flows().HasEither("Application","DNS","Network.A","10.0.0.1")',
    { filter: { kind: 'or', filters: [dns, a1] } },
  ],
  ['G.Flows().Sort()', { sort: { by: 'Last', descending: false } }],
  ['G.Flows().Sort(DESC,"Metric.ABBytes")', { sort: { by: 'Metric.ABBytes', descending: true } }],
  ['G.Flows().Sort("Start").Sort(DESC,"Last")', { sort: { by: 'Last', descending: true } }],
  ['G.Flows().Dedup()', { dedupBy: 'TrackingID' }],
  ['G.Flows().Dedup("Network.A","Network.B")', { dedupBy: 'Network.A' }],
  ['G.Flows().Limit(10)', { most: 10 }],
  ['G.Flows().Range(5,12)', { most: 12 }],
  ['G.Flows().Limit(10).Has("Application","DNS")', { filter: dns, most: 10 }],
  [
    'G.Flows().Has("Application","DNS").Sort(DESC,"Last").Dedup("UUID").Limit(3)',
    { filter: dns, sort: { by: 'Last', descending: true }, dedupBy: 'UUID', most: 3 },
  ],
  ['G.V().Has("Name","veth0").Flows()', { nodes: new Map([['a1', ['t-v0']]]) }],
  [
    'G.V().Has("Type","device").Flows("Application","DNS").Limit(1)',
    {
      filter: dns,
      nodes: new Map([
        ['a1', ['t-e0']],
        ['a2', ['t-e1']],
      ]),
      most: 1,
    },
  ],
];

for (const [query, question] of questions) {
  // What follows does not change the question.
  for (const step of ['', '.Count()', '.Metrics()', '.RawPackets()', '.Hops()', '.Nodes()', '.Group()']) {
    test(`${query}${step} asks for no more than it needs`, async () => {
      assert.deepEqual(await asked(query + step), [question]);
    });
  }
}

const from = (at: number, seconds = 0) => ({ from: at - seconds * 1000 - 600_000, to: at });
const within = (at: number, seconds: number) => ({ from: at - seconds * 1000, to: at });

const stored: readonly (readonly [query: string, asked: NotedStorage['asked']])[] = [
  ['G.At(1000000000001).Flows()', [['search', {}, from(1_000_000_000_001)]]],
  ['G.At(1000000000001,60).Flows().Count()', [['search', {}, from(1_000_000_000_001, 60)]]],
  [
    'G.At(1000000000001,60).Flows("Application","DNS").Sort(DESC,"Last").Limit(5)',
    [
      [
        'search',
        { filter: dns, sort: { by: 'Last', descending: true }, most: 5 },
        from(1_000_000_000_001, 60),
      ],
    ],
  ],
  [
    'G.At(1000000000001,60).Flows("Application","DNS").Metrics()',
    [['metrics', { filter: dns }, within(1_000_000_000_001, 60)]],
  ],
  // Of an instant all records up to it.
  [
    'G.At(1000000000001).Flows("Application","DNS").RawPackets()',
    [['packets', { filter: dns }, { from: 0, to: 1_000_000_000_001 }]],
  ],
];

for (const [query, expected] of stored) {
  test(`${query} asks the store`, async () => {
    const storage = new NotedStorage();
    const { graph } = datasets['H']!();
    await parseQuery(query).run(graph, { flows: new FakeFlows(new Map(), storage) });
    assert.deepEqual(storage.asked, expected);
  });
}

test('Explain shows what the tables were asked and how many flows they gave', async () => {
  const { graph, flows } = datasets['T']!();
  const query =
    'G.V().Has("Type","device").Flows("Application","DNS").Sort("Last").Limit(2).Count().Explain()';
  const trace = (await parseQuery(query).run(graph, { flows })).toJSON() as readonly StepTrace[];
  const step = trace.find(({ gives }) => gives === 'Flows');
  assert.deepEqual(step?.absorbed, ['Sort("Last")', 'Limit(2)']);
  assert.deepEqual(step?.accesses, [
    {
      kind: 'flow',
      by: 'tables',
      filter: dns,
      nodes: 2,
      sort: { by: 'Last', descending: false },
      most: 2,
      found: 1,
    },
  ]);
});
