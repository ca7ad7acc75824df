// SPDX-License-Identifier: Apache-2.0
// Live flow queries between our own sides: an analyzer and several agents with tables of real captures.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Flow } from '../../src/flow/flow.js';
import { decodeNode } from '../../src/graph/codec.js';
import type { Filter } from '../../src/graph/filter.js';
import { Graph } from '../../src/graph/graph.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { silentLogger } from '../../src/log/logger.js';
import { addon } from '../../src/native/addon.js';
import { LiveFlows } from '../../src/services/flows/live-flows.js';
import { FlowTableServer, type FlowTables } from '../../src/services/flows/table-server.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import type { Protocol } from '../../src/wire/message.js';
import { Outgoing } from '../../src/wire/outgoing.js';
import { shareWire } from '../../src/wire/shared.js';
import { root } from '../golden/flows.js';
import { startTestAnalyzer, type TestAnalyzer } from './analyzer.js';
import { until } from './client.js';

/** A flow table of a capture file, and its flows. */
function tableOf(capture: string, nodeTid: string) {
  const make = (format: 'json' | 'protobuf') => {
    const table = new (addon().FlowTable)({ nodeTid, format, flowsPerMessage: 100_000 });
    table.feed(readFileSync(join(root, 'test/golden/pcap', `${capture}.pcap`)));
    return table;
  };
  const flows = JSON.parse(make('json').flows()[0]!.toString()) as Flow[];
  const table = make('protobuf');
  return { flows, query: (search: Uint8Array) => table.query(search) };
}

const transport = tableOf('transport', 't-transport');
const streams = tableOf('streams', 't-streams');
const fragments = tableOf('fragments', 't-fragments');

interface Agent {
  readonly host: string;
  asked: number;
}

async function startAgent(
  t: TestContext,
  analyzer: TestAnalyzer,
  host: string,
  tables: FlowTables,
  protocol: Protocol = 'protobuf',
): Promise<Agent> {
  const shared = shareWire({ log: silentLogger });
  const url = `ws://127.0.0.1:${analyzer.port}/ws/agent/topology`;
  const pool = new ClientPool({ urls: [url], host, serviceType: 'agent', protocol, shared });
  const agent: Agent = { host, asked: 0 };
  const counted: FlowTables = {
    query: (search) => {
      agent.asked++;
      return tables.query(search);
    },
  };
  const answering = new FlowTableServer({ pool, tables: counted, complaints: shared.complaints });
  answering.start();
  pool.start();
  t.after(() => {
    answering.stop();
    pool.stop();
  });
  const { topology } = analyzer.endpoints;
  await until(`${host} is there`, () => topology.speaker(host) !== undefined);
  return agent;
}

/** An analyzer with agent a1 (two tables) and agent a2 (one, over JSON). */
async function setUp(t: TestContext, timeoutMs?: number) {
  const analyzer = await startTestAnalyzer(t);
  const a1 = await startAgent(t, analyzer, 'a1', {
    query: async (search) => [transport.query(search), streams.query(search)],
  });
  const a2 = await startAgent(
    t,
    analyzer,
    'a2',
    { query: async (search) => [fragments.query(search)] },
    'json',
  );
  const { complaints } = analyzer.shared;
  const flows = new LiveFlows({
    agents: analyzer.endpoints.topology,
    complaints,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const graph = new Graph({ host: 'an1', origin: 'test' });
  for (const [host, name] of [
    ['a1', 'transport'],
    ['a1', 'streams'],
    ['a2', 'fragments'],
  ] as const) {
    const Metadata = { Name: name, Type: 'device', TID: `t-${name}` };
    graph.applyNodeAdded(decodeNode({ ID: name, Host: host, Metadata }));
  }
  const ask = async <T>(text: string) => (await (await parseQuery(text).run(graph, { flows })).toJSON()) as T;
  return { analyzer, complaints, flows, ask, a1, a2 };
}

function ids(flows: readonly Flow[]): string[] {
  return flows.map(({ UUID }) => UUID).sort();
}

test('the flows of all tables are one answer, be the agent of protobuf or JSON', async (t) => {
  const { ask } = await setUp(t);
  const all = [...transport.flows, ...streams.flows, ...fragments.flows];
  const found = await ask<Flow[]>('G.Flows()');
  assert.deepEqual(
    found.map((flow) => JSON.stringify(flow)).sort(),
    all.map((flow) => JSON.stringify(flow)).sort(),
  );
  const tcp = await ask<Flow[]>("G.Flows().Has('Application', 'TCP').Sort(DESC, 'Metric.ABBytes').Limit(3)");
  const bytes = all
    .filter(({ Application }) => Application === 'TCP')
    .map(({ Metric }) => Metric!.ABBytes)
    .sort((a, b) => b - a);
  assert.deepEqual(
    tcp.map(({ Metric }) => Metric!.ABBytes),
    bytes.slice(0, 3),
  );
  const layers = await ask<Flow[]>("G.Flows().Dedup('LayersPath')");
  assert.equal(layers.length, new Set(all.map(({ LayersPath }) => LayersPath)).size);
});

test('only the hosts of the nodes are asked, for these nodes alone', async (t) => {
  const { ask, a1, a2 } = await setUp(t);
  assert.deepEqual(ids(await ask("G.V().Has('Name', 'streams').Flows()")), ids(streams.flows));
  assert.deepEqual([a1.asked, a2.asked], [1, 0]);
  const both = await ask<Flow[]>("G.V().Has('Name', Within('transport', 'fragments')).Flows()");
  assert.deepEqual(ids(both), ids([...transport.flows, ...fragments.flows]));
  assert.deepEqual([a1.asked, a2.asked], [2, 1]);
});

test('an agent that does not answer counts as one without flows', async (t) => {
  const { analyzer, complaints, ask } = await setUp(t, 200);
  await startAgent(t, analyzer, 'silent', { query: () => new Promise(() => {}) });
  await startAgent(t, analyzer, 'broken', { query: async () => [Buffer.from('nonsense'), Buffer.alloc(0)] });
  const found = await ask<Flow[]>('G.Flows()');
  assert.equal(found.length, transport.flows.length + streams.flows.length + fragments.flows.length);
  assert.deepEqual([complaints.count('unanswered'), complaints.count('malformedPayload')], [1, 1]);
});

test('an agent that goes away meanwhile is not waited for', async (t) => {
  const { analyzer, complaints, ask } = await setUp(t);
  const { topology } = analyzer.endpoints;
  await startAgent(t, analyzer, 'leaving', {
    query: async () => {
      topology.speaker('leaving')?.terminate();
      return [];
    },
  });
  assert.ok((await ask<Flow[]>('G.Flows()')).length > 0);
  assert.equal(complaints.count('unanswered'), 1);
});

test('a large answer comes in many frames, and whole', async (t) => {
  const { analyzer, ask } = await setUp(t);
  const set = Buffer.concat(Array.from({ length: 400 }, () => transport.query(Buffer.alloc(0))));
  assert.ok(set.length > 1 << 20, `${set.length}`);
  await startAgent(t, analyzer, 'large', { query: async () => [set, Buffer.alloc(0), set] });
  const found = await ask<Flow[]>('G.Flows()');
  const others = transport.flows.length + streams.flows.length + fragments.flows.length;
  assert.equal(found.length, others + 800 * transport.flows.length);
});

test('a search that finds more flows than a query may is refused', async (t) => {
  const { analyzer, complaints } = await setUp(t);
  const count = transport.flows.length + streams.flows.length + fragments.flows.length;
  const agents = analyzer.endpoints.topology;
  assert.equal(
    (await new LiveFlows({ agents, complaints, maxFlows: count }).search({})).flat().length,
    count,
  );
  await assert.rejects(new LiveFlows({ agents, complaints, maxFlows: count - 1 }).search({}), {
    code: 'SKY_E_GREMLIN_BUDGET',
    message: /max_rows/,
  });
});

test('more agents than are asked at once all answer', async (t) => {
  const { analyzer, ask } = await setUp(t);
  const others = transport.flows.length + streams.flows.length + fragments.flows.length;
  for (let i = 0; i < 70; i++)
    await startAgent(t, analyzer, `many-${i}`, { query: async (search) => [fragments.query(search)] });
  const found = await ask<Flow[]>('G.Flows()');
  assert.equal(found.length, others + 70 * fragments.flows.length);
});

test('who is gone is not searched for any more', async (t) => {
  const { analyzer, flows } = await setUp(t);
  const silent = await startAgent(t, analyzer, 'silent', { query: () => new Promise(() => {}) });
  const asking = new AbortController();
  const search = flows.search({}, asking.signal);
  await until('the agent is asked', () => silent.asked === 1);
  asking.abort(new Error('gone'));
  await assert.rejects(search, /gone/);
  await assert.rejects(flows.search({}, asking.signal), /cancelled/);
});

test('what agents cannot decide is decided here, before anything is cut off', async (t) => {
  const { flows } = await setUp(t);
  const odd: Filter = {
    kind: 'test',
    key: 'Transport.A',
    test: (port) => typeof port === 'number' && port % 2 === 1,
  };
  const tables = await flows.search({
    filter: { kind: 'and', filters: [odd, { kind: 'compare', key: 'Start', op: 'gt', value: 0 }] },
    sort: { by: 'Transport.A', descending: true },
    most: 2,
  });
  for (const [index, table] of [transport, streams, fragments].entries()) {
    const ports = table.flows
      .map(({ Transport }) => Transport?.A ?? 0)
      .filter((port) => port % 2 === 1)
      .sort((a, b) => b - a);
    assert.deepEqual(
      tables[index]!.map(({ Transport }) => Transport!.A),
      ports.slice(0, 2),
    );
  }
  assert.ok(tables.flat().length > 0);
});

test('queries of an analyzer are answered two at a time, and all of them', async (t) => {
  const { analyzer, flows } = await setUp(t);
  let running = 0;
  let most = 0;
  await startAgent(t, analyzer, 'busy', {
    query: async (search) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return [fragments.query(search)];
    },
  });
  const query = { nodes: new Map([['busy', ['t-fragments']]]) };
  const answers = await Promise.all(Array.from({ length: 50 }, () => flows.search(query)));
  assert.ok(answers.every((tables) => tables.flat().length === fragments.flows.length));
  assert.equal(most, 2);
});

test('a query that cannot be read gets no answer, and is counted', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const shared = shareWire({ log: silentLogger });
  const url = `ws://127.0.0.1:${analyzer.port}/ws/agent/topology`;
  const pool = new ClientPool({
    urls: [url],
    host: 'a1',
    serviceType: 'agent',
    protocol: 'protobuf',
    shared,
  });
  const answering = new FlowTableServer({
    pool,
    tables: { query: async (search) => [transport.query(search)] },
    complaints: shared.complaints,
  });
  answering.start();
  pool.start();
  t.after(() => pool.stop());
  const { topology } = analyzer.endpoints;
  await until('the agent is there', () => topology.speaker('a1') !== undefined);
  const head = { namespace: 'Flow', type: 'TableQuery' };
  const agent = topology.speaker('a1')!;
  const send = (bytes: Buffer) => agent.send(Outgoing.protobuf(head, bytes, () => ({})));
  send(Buffer.from('nonsense'));
  send(Buffer.from('{"Type":"SearchQuery","query":{"Filter":5}}'));
  // SearchQuery { Filter: cut short }
  send(Buffer.from('0a0b536561726368517565727912020a05', 'hex'));
  await until('all three are counted', () => shared.complaints.count('malformedPayload') === 3);
  answering.stop();
});
