// SPDX-License-Identifier: Apache-2.0
// Live flow queries as the original asked and answered them, replayed to both of our sides.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Flow } from '../../src/flow/flow.js';
import { flowsOf } from '../../src/flow/flow-set.js';
import { decodeTableReply } from '../../src/flow/table-query.js';
import { decodeNode } from '../../src/graph/codec.js';
import { Graph } from '../../src/graph/graph.js';
import { flowConditions } from '../../src/gremlin/flows/conditions.js';
import { compileFlowFilter } from '../../src/gremlin/flows/match.js';
import { parse } from '../../src/gremlin/parser.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { vocabulary } from '../../src/gremlin/steps/registry.js';
import { silentLogger } from '../../src/log/logger.js';
import { LiveFlows } from '../../src/services/flows/live-flows.js';
import { FlowTableServer } from '../../src/services/flows/table-server.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import { decodeProtobuf } from '../../src/wire/codec-protobuf.js';
import { shareWire } from '../../src/wire/shared.js';
import { startTestAnalyzer } from './analyzer.js';
import { until } from './client.js';
import { datagrams, type RecordedMessage, recordedBytes, recording } from './recording.js';

interface Exchange {
  readonly query: Buffer;
  readonly reply: Buffer;
}

function isFlowMessage({ decoded }: RecordedMessage, type: string): boolean {
  return decoded?.Namespace === 'Flow' && decoded.Type === type;
}

/** Queries with their answers, as whole messages. */
function exchanges(t: TestContext, file: string): readonly Exchange[] | undefined {
  const recorded = recording(t, file);
  if (recorded === undefined) return undefined;
  const of = (type: string) => recorded.messages.filter((message) => isFlowMessage(message, type));
  const replies = of('TableResult');
  return of('TableQuery').map((query) => {
    const reply = replies.find(({ decoded }) => decoded!.UUID === query.decoded!.UUID)!;
    return { query: recordedBytes(query), reply: recordedBytes(reply) };
  });
}

function payloadOf(message: Buffer): Buffer {
  return decodeProtobuf(message).payload.bytes();
}

/** Queries that ask what the original was asked, in that order. */
const asked = [
  'G.Flows()',
  "G.Flows('Transport.B', 8000).Sort(DESC, 'Metric.ABBytes').Limit(2)",
  "G.Flows('Network', '10.9.0.2').Sort('Start').Dedup().Limit(3)",
  "G.V().Has('Name', 'va').Flows('Application', 'DNS')",
  "G.Flows('Metric.ABPackets', GT(2), 'Network.A', Ipv4Range('10.9.0.0/24'), 'LayersPath', Regex('.*TCP.*'))",
  "G.Flows('Application', NE('DNS'), 'Transport.B', Within(8000, 40002), 'Metric.ABPackets', Inside(1, 100))",
  'G.Flows()',
  'G.Flows()',
  "G.Flows('Transport.B', 8000)",
  "G.Flows('Metric.ABPackets', GTE(1), 'Metric.BAPackets', LTE(50), 'Metric.ABBytes', LT(100000), 'Metric.ABBytes', Without(7))",
  "G.Flows('NoSuchKey', 'x')",
];

for (const file of ['agent-topology', 'flow-query-T']) {
  test(`an agent answers the queries of ${file} in the original's bytes`, async (t) => {
    const recorded = exchanges(t, file);
    if (recorded === undefined) return;
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await new Promise<void>((done) => server.once('listening', done));
    server.on('headers', (headers) => headers.push('X-Host-Id: an1', 'X-Service-Type: analyzer'));
    const got: Buffer[] = [];
    server.on('connection', (socket) => {
      socket.on('message', (data) => got.push(data as Buffer));
      for (const { query } of recorded) socket.send(query);
    });
    const shared = shareWire({ log: silentLogger });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/agent/topology`;
    const pool = new ClientPool({
      urls: [url],
      host: 'agent1',
      serviceType: 'agent',
      protocol: 'protobuf',
      shared,
    });
    // Each query finds the tables as they were then.
    const searches: Buffer[] = [];
    const tables = {
      query: async (search: Uint8Array) => {
        searches.push(Buffer.from(search));
        return decodeTableReply(payloadOf(recorded[searches.length - 1]!.reply));
      },
    };
    const answering = new FlowTableServer({ pool, tables, complaints: shared.complaints });
    answering.start();
    pool.start();
    t.after(() => {
      answering.stop();
      pool.stop();
      for (const client of server.clients) client.terminate();
      server.close();
    });
    await until('every query is answered', () => got.length === recorded.length);
    assert.deepEqual(
      got.map((bytes) => bytes.toString('hex')),
      recorded.map(({ reply }) => reply.toString('hex')),
    );
    // The search is the last field of what was asked.
    for (const [index, { query }] of recorded.entries()) {
      const [payload, search] = [payloadOf(query), searches[index]!];
      assert.ok(payload.subarray(payload.length - search.length).equals(search));
    }
    assert.deepEqual(
      searches.map(({ length }) => length > 0),
      recorded.map(({ query }) => payloadOf(query).length > 15),
    );
  });
}

test("an analyzer asks in the original's bytes, and takes its answers", async (t) => {
  const recorded = exchanges(t, 'agent-topology');
  if (recorded === undefined) return;
  const analyzer = await startTestAnalyzer(t);
  const agent = new WebSocket(`ws://127.0.0.1:${analyzer.port}/ws/agent/topology`, {
    headers: { 'X-Host-ID': 'agent1', 'X-Client-Type': 'agent', 'X-Client-Protocol': 'protobuf' },
    perMessageDeflate: false,
  });
  t.after(() => agent.terminate());
  const questions: Buffer[] = [];
  agent.on('message', (data) => {
    const bytes = data as Buffer;
    const { namespace, uuid } = decodeProtobuf(bytes);
    if (namespace !== 'Flow') return;
    const { query, reply } = recorded[questions.length]!;
    // Ids differ, all else is the same.
    const theirs = decodeProtobuf(query).uuid;
    questions.push(Buffer.from(bytes.toString('latin1').replace(uuid, theirs), 'latin1'));
    agent.send(Buffer.from(reply.toString('latin1').replace(theirs, uuid), 'latin1'));
  });
  await until('the agent is there', () => analyzer.endpoints.topology.speakers.size === 1);

  const graph = new Graph({ host: 'an1', origin: 'test' });
  const Metadata = { Name: 'va', Type: 'veth', TID: '44e38b44-8e4d-5a11-515f-57fba0739a1c' };
  graph.applyNodeAdded(decodeNode({ ID: 'n', Host: 'agent1', Metadata }));
  const flows = new LiveFlows({
    agents: analyzer.endpoints.topology,
    complaints: analyzer.shared.complaints,
  });
  for (const [index, text] of asked.entries()) {
    const answer = (await (await parseQuery(text).run(graph, { flows })).toJSON()) as Flow[];
    const exchange: Exchange = recorded[index]!;
    assert.equal(questions[index]!.toString('hex'), exchange.query.toString('hex'), text);
    const sets = decodeTableReply(payloadOf(exchange.reply));
    const theirs = sets.flatMap((set) => [...flowsOf(set)]);
    assert.deepEqual(answer.map(({ UUID }) => UUID).sort(), theirs.map(({ UUID }) => UUID).sort(), text);
  }
});

test('filters mean what they meant to the original', (t) => {
  const recorded = exchanges(t, 'agent-topology');
  if (recorded === undefined) return;
  const flowsAt = (index: number) =>
    decodeTableReply(payloadOf(recorded[index]!.reply)).flatMap((set) => [...flowsOf(set)]);
  let compared = 0;
  for (const [index, text] of asked.entries()) {
    if (text.startsWith('G.V()') || text.includes('Limit')) continue;
    const [call] = parse(text, vocabulary('full'));
    if (call!.params.length === 0) continue;
    // Of all flows, as they were just before.
    const whole = flowsAt(asked.slice(0, index).lastIndexOf('G.Flows()'));
    assert.deepEqual(
      whole
        .filter(compileFlowFilter(flowConditions(call!)))
        .map(({ UUID }) => UUID)
        .sort(),
      flowsAt(index)
        .map(({ UUID }) => UUID)
        .sort(),
      text,
    );
    compared++;
  }
  assert.equal(compared, 5);
});

test('flows are read as the original showed them', (t) => {
  const shown = recording(t, 'flow-subscriber');
  if (shown === undefined) return;
  const stored = shown.messages.flatMap(({ json }) => (json?.Type === 'store' ? (json.Obj as Flow[]) : []));
  const texts = new Set(stored.map((flow) => JSON.stringify(flow)));
  // The subscriber had gone before the last capture.
  const ids = new Set(stored.map(({ UUID }) => UUID));
  let count = 0;
  for (const datagram of datagrams('flows-udp')) {
    for (const { LastRawPackets: _, ...flow } of flowsOf(datagram)) {
      if (!ids.has(flow.UUID)) continue;
      assert.ok(texts.has(JSON.stringify(flow)), JSON.stringify(flow));
      count++;
    }
  }
  assert.equal(count, texts.size);
});
