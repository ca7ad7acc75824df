// SPDX-License-Identifier: Apache-2.0
// What the conformance rows leave open about flows: how they are asked for, and the advice of the specification.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow, FlowMetric } from '../../src/gremlin/flow-source.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { datasets } from './datasets.js';
import { FakeFlows, FakeStorage } from './fake-flows.js';

async function ask(query: string, flows?: FakeFlows): Promise<unknown> {
  const { graph, flows: own } = datasets['T']!();
  return (await parseQuery(query).run(graph, { flows: flows ?? own })).toJSON();
}

function metric(ABPackets: number, Start: number, Last: number): FlowMetric {
  return { ABPackets, ABBytes: ABPackets * 100, BAPackets: 0, BABytes: 0, Start, Last };
}

function flow(UUID: string, more: Partial<Flow> = {}): Flow {
  return {
    UUID,
    Start: 10_000,
    Last: 40_000,
    ParentUUID: '',
    RawPacketsCaptured: 0,
    TrackingID: UUID,
    ...more,
  };
}

test('the whole question travels to the tables', async () => {
  const { graph, flows } = datasets['T']!();
  const query =
    'G.V().Has("Type","veth").Flows("Application","TCP").Sort(DESC,"Start").Dedup("UUID").Range(2,5)';
  await parseQuery(query).run(graph, { flows });
  assert.deepEqual(flows.asked, [
    {
      filter: { kind: 'term', key: 'Application', value: 'TCP' },
      nodes: new Map([['a1', ['t-v0', 't-v1']]]),
      sort: { by: 'Start', descending: true },
      dedupBy: 'UUID',
      most: 5,
    },
  ]);
});

test('flows are fetched once for a query, and not at all where none can be meant', async () => {
  const { graph, flows } = datasets['T']!();
  await parseQuery('G.Flows().Hops().Count()').run(graph, { flows });
  assert.equal(flows.asked.length, 1);
  await parseQuery('G.V().Has("Type","host").Flows().Metrics()').run(graph, { flows });
  await parseQuery('G.Flows().Range(4,2)').run(graph, { flows });
  await parseQuery('G.Flows().Limit(0)').run(graph, { flows });
  assert.equal(flows.asked.length, 1);
});

test('in the past, nodes that nothing is captured on have neither metrics nor packets', async () => {
  const storage = new FakeStorage([flow('a', { NodeTID: 't', LastUpdateMetric: metric(1, 20_000, 30_000) })]);
  const flows = new FakeFlows(new Map(), storage);
  const { graph } = datasets['H']!();
  for (const step of ['Metrics()', 'RawPackets()', 'Count()']) {
    const query = `G.At(40,40).V().Has("Type","none").Flows().${step}`;
    const result = await parseQuery(query).run(graph, { flows });
    assert.deepEqual(result.toJSON(), step === 'Count()' ? 0 : [], step);
  }
});

test('of stored flows a Limit bounds the flows, not their records, and a page is taken of what Dedup left', async () => {
  const records = ['a', 'b', 'c'].map((id) =>
    flow(id, { TrackingID: id === 'c' ? 'c' : 'same', LastUpdateMetric: metric(1, 20_000, 30_000) }),
  );
  const flows = new FakeFlows(new Map(), new FakeStorage(records));
  const { graph } = datasets['H']!();
  const run = async (query: string) => (await parseQuery(query).run(graph, { flows })).toJSON();
  assert.equal(await run('G.At(40,40).Flows().Limit(2).Metrics().Count()'), 2);
  assert.equal(await run('G.At(40,40).Flows().Dedup().Limit(2).Count()'), 2);
});

test('a stored flow counts for flow.expire after its last packet', async () => {
  const flows = new FakeFlows(new Map(), new FakeStorage([flow('a', { Start: 1000, Last: 2000 })]));
  const { graph } = datasets['H']!();
  const count = async (options: { flowExpireMs?: number }) =>
    (await parseQuery('G.At(300).Flows().Count()').run(graph, { flows, ...options })).toJSON();
  assert.equal(await count({}), 1);
  assert.equal(await count({ flowExpireMs: 10_000 }), 0);
});

test('a record of zeros does not hide what comes after it in an aggregate', async () => {
  const table = [
    flow('a', { LastUpdateMetric: metric(0, 10_000, 20_000) }),
    flow('b', { LastUpdateMetric: metric(4, 20_000, 40_000) }),
  ];
  const flows = new FakeFlows(new Map([['a1', table]]));
  const [aggregated] = (await ask('G.Flows().Metrics().Aggregates(10)', flows)) as [
    { Aggregated: FlowMetric[] },
  ];
  assert.deepEqual(
    aggregated.Aggregated.map(({ ABPackets, Start }) => [ABPackets, Start]),
    [
      [2, 20_000],
      [2, 30_000],
    ],
  );
});

test('an aggregate changes nothing of the flows it adds up', async () => {
  const table = [flow('a', { LastUpdateMetric: metric(10, 10_000, 40_000) })];
  const before = structuredClone(table);
  await ask('G.Flows().Metrics().Aggregates(7)', new FakeFlows(new Map([['a1', table]])));
  assert.deepEqual(table, before);
});

test('the sum over the slices of a flow is what the flow counted', async () => {
  const table = [flow('a', { LastUpdateMetric: metric(1000, 10_000, 43_217) })];
  const sum = await ask(
    'G.Flows().Metrics().Aggregates(7).Sum("ABPackets")',
    new FakeFlows(new Map([['a1', table]])),
  );
  assert.equal(sum, 1000);
});

test('BPF keeps the packets that match, and null for a flow that has none left', async () => {
  assert.deepEqual(await ask('G.Flows().RawPackets().BPF("len > 10")'), [
    { f1: [{ Timestamp: 15000, Index: 1, Data: 'AAECAwQFBgcICQoLDA0ODw==', LinkType: 1 }] },
  ]);
  assert.deepEqual(await ask('G.Flows().RawPackets().BPF("len > 100")'), [{ f1: null }]);
  const all = await ask('G.Flows().RawPackets()');
  assert.deepEqual(await ask('G.Flows().RawPackets().BPF("")'), all);
  await assert.rejects(() => ask('G.Flows().RawPackets().BPF("tcp prt 80")'), /does not compile/);
});

test('MoreThan keeps the conversations seen more than once', async () => {
  const groups = (await ask('G.Flows().Group().MoreThan()')) as [{ [id: string]: Flow[] }];
  assert.deepEqual(Object.keys(groups[0]), ['tr1']);
  assert.deepEqual(
    groups[0]['tr1']?.map(({ UUID }) => UUID),
    ['f1', 'f2'],
  );
});

test('raw packets are not part of a flow as clients see it', async () => {
  const [first] = (await ask('G.Flows("UUID","f1")')) as [Flow];
  assert.equal(first.UUID, 'f1');
  assert.equal('LastRawPackets' in first, false);
});

test('without any flow table there are no live flows', async () => {
  const { graph } = datasets['T']!();
  assert.deepEqual((await parseQuery('G.Flows()').run(graph)).toJSON(), []);
});
