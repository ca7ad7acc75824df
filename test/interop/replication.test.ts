// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { applyMessage } from '../../src/sync/apply-message.js';
import { OriginIndex } from '../../src/sync/origin-index.js';
import { Replication } from '../../src/sync/replication.js';
import { BackOff } from '../../src/wire/back-off.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import { decodeJson } from '../../src/wire/codec-json.js';
import { credentialHeaders } from '../../src/wire/credentials.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { until } from './client.js';
import {
  type RecordedEnvelope,
  type RecordedMessage,
  recordedBytes,
  recording,
  requestHeaders,
} from './recording.js';

interface Analyzer {
  readonly host: string;
  readonly graph: Graph;
  readonly endpoint: Endpoint;
  readonly replication: Replication;
  readonly pool: ClientPool;
  readonly port: number;
  handled(): number;
  stop(): void;
}

async function startAnalyzer(
  t: TestContext,
  host: string,
  others: readonly string[] = [],
  port = 0,
): Promise<Analyzer> {
  const shared = shareWire({ log: silentLogger });
  const graph = new Graph({ host, origin: `analyzer.${host}` });
  const endpoint = new Endpoint('/ws/replication', { limit: 'cluster' });
  const origins = new OriginIndex(graph);
  const replication = new Replication({ endpoint, graph, origins, shared, host, serviceType: 'analyzer' });
  const server = new WireServer({ host, serviceType: 'analyzer', endpoints: [endpoint], shared });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(port, '127.0.0.1', done));
  const pool = new ClientPool({
    urls: others,
    host,
    serviceType: 'analyzer',
    protocol: '',
    shared,
    accept: replication.accept,
    credentials: () => credentialHeaders({}),
    backOff: new BackOff({ firstMs: 20, maxMs: 20 }),
  });
  replication.connectTo(pool);
  let count = 0;
  for (const peers of [endpoint, pool]) peers.on('*', () => void count++);
  const stop = () => {
    pool.stop();
    replication.stop();
    server.stop();
    http.close();
  };
  t.after(stop);
  pool.start();
  const actual = (http.address() as AddressInfo).port;
  return { host, graph, endpoint, replication, pool, port: actual, handled: () => count, stop };
}

const url = (port: number) => `ws://127.0.0.1:${port}/ws/replication`;

function content(graph: Graph): string {
  const sort = (elements: Iterable<{ ID: string }>) => [...elements].sort((a, b) => (a.ID < b.ID ? -1 : 1));
  return JSON.stringify([sort(graph.nodes()), sort(graph.edges())]);
}

const same = (...graphs: Graph[]) => graphs.every((graph) => content(graph) === content(graphs[0]!));

test('two analyzers keep the same graph over one connection; neither tells on what it was told', async (t) => {
  const first = await startAnalyzer(t, 'an1');
  first.graph.addNode({ ID: 'a', Metadata: { Name: 'a', Type: 'host' } });
  const second = await startAnalyzer(t, 'an2', [url(first.port)]);
  second.graph.addNode({ ID: 'b', Metadata: { Name: 'b', Type: 'host' } });
  await until('Sync', () => first.graph.nodeCount === 2 && same(first.graph, second.graph));
  first.graph.link('a', 'b', { RelationType: 'layer2' }, 'ab');
  first.graph.update('node', 'b', { set: { 'X.Y': 1 } });
  await until('changes', () => same(first.graph, second.graph));
  second.graph.setMetadata('node', 'a', { Name: 'replaced' });
  second.graph.setMetadata('edge', 'ab', { RelationType: 'layer3' });
  await until('replaced metadata', () => same(first.graph, second.graph));
  assert.deepEqual(first.graph.getNode('a')?.Metadata, { Name: 'replaced' });
  second.graph.deleteNode('b');
  await until('deletion', () => first.graph.nodeCount === 1 && first.graph.edgeCount === 0);
  assert.deepEqual(Object.keys(first.replication.status().Incomers), ['an2']);
  const { an1 } = second.replication.status().Outgoers;
  assert.deepEqual([an1?.ClientProtocol, an1?.RemoteServiceType, an1?.Port], ['', 'analyzer', first.port]);
});

test('three analyzers that all dial all, themselves too, end up with one connection a pair', async (t) => {
  const first = await startAnalyzer(t, 'an1');
  const second = await startAnalyzer(t, 'an2', [url(first.port)]);
  const third = await startAnalyzer(t, 'an3', [url(first.port), url(second.port)]);
  const again = await startAnalyzer(t, 'an4', [url(first.port), url(second.port), url(third.port)]);
  const all = [first, second, third, again];
  const self = new ClientPool({
    urls: [url(first.port)],
    host: 'an1',
    serviceType: 'analyzer',
    protocol: '',
    shared: shareWire({ log: silentLogger }),
    accept: first.replication.accept,
  });
  self.start();
  t.after(() => self.stop());
  const peers = ({ endpoint, pool }: Analyzer) => endpoint.speakers.size + pool.speakers.size;
  await until('connections', () => all.every((analyzer) => peers(analyzer) === 3));
  for (const { host, graph } of all) graph.addNode({ ID: host });
  await until('changes', () => first.graph.nodeCount === 4 && same(...all.map(({ graph }) => graph)));
  assert.equal(self.speakers.size, 0);
});

test('a lost peer takes what it made itself; what it knew of agents stays', async (t) => {
  const first = await startAnalyzer(t, 'an1');
  first.graph.addNode({ ID: 'own' });
  first.graph.addNode({ ID: 'agent', Origin: 'agent.x' });
  const second = await startAnalyzer(t, 'an2', [url(first.port)]);
  second.graph.addNode({ ID: 'of-an2' });
  await until('Sync', () => second.graph.nodeCount === 3 && first.graph.nodeCount === 3);
  first.stop();
  await until('deletion', () => second.graph.getNode('own') === undefined);
  assert.deepEqual([...second.graph.nodes()].map(({ ID }) => ID).sort(), ['agent', 'of-an2']);
  const back = await startAnalyzer(t, 'an1', [], first.port);
  await until('reconnection', () => back.graph.nodeCount === 2);
});

type Members = Record<string, unknown>;

/** What is compared: updates without operations are partial and empty from the original, full from ours. */
function comparable(
  { Namespace, Type = '', Status, Obj }: RecordedEnvelope,
  empty: ReadonlySet<string>,
): unknown {
  const { ID, Revision, Ops } = (Obj ?? {}) as Members;
  const [, kind, change] = /^(Node|Edge)(\w+)$/.exec(Type) ?? [];
  const name = `${kind} ${ID} ${Revision}`;
  if (change === 'PartiallyUpdated' && !(Ops as unknown[] | null)?.length) return { Type: 'Updated', name };
  if (change === 'Updated' && empty.has(name)) return { Type: 'Updated', name };
  if (Type !== 'Sync') return { Namespace, Type, Status, Obj };
  const { Nodes, Edges } = Obj as { Nodes: Members[] | null; Edges: Members[] | null };
  const sorted = (list: Members[] | null) =>
    list && [...list].sort((a, b) => (String(a['ID']) < String(b['ID']) ? -1 : 1));
  return { Namespace, Type, Status, Nodes: sorted(Nodes), Edges: sorted(Edges) };
}

function emptyUpdates(messages: readonly RecordedEnvelope[]): Set<string> {
  const names = new Set<string>();
  for (const { Type = '', Obj } of messages) {
    const { ID, Revision, Ops } = (Obj ?? {}) as Members;
    const kind = /^(Node|Edge)PartiallyUpdated$/.exec(Type)?.[1];
    if (kind !== undefined && !(Ops as unknown[] | null)?.length) names.add(`${kind} ${ID} ${Revision}`);
  }
  return names;
}

function assertSame(ours: readonly RecordedEnvelope[], theirs: readonly RecordedEnvelope[]): void {
  const empty = emptyUpdates([...ours, ...theirs]);
  for (const [index, message] of theirs.entries()) {
    assert.deepEqual(comparable(ours[index]!, empty), comparable(message, empty), `message ${index}`);
  }
  assert.equal(ours.length, theirs.length);
}

const isMessage = ({ op }: RecordedMessage) => op === 'text' || op === 'binary';

for (const conn of [2, 6]) {
  test(`as the analyzer that is dialled we send what the original sent, connection ${conn}`, async (t) => {
    const recorded = recording(t, 'replication');
    if (recorded === undefined) return;
    const connection = recorded.connections.find((candidate) => candidate.conn === conn)!;
    const messages = recorded.messages.filter((message) => message.conn === conn && isMessage(message));
    const ours = await startAnalyzer(t, 'an1');
    const first = messages.find(({ dir }) => dir === 's>c')!;
    // What it knows already is what its Sync tells.
    for (const { type, obj } of elementsOf(first.json!)) applyMessage(ours.graph, local(type, obj));
    const { path, headers } = requestHeaders(connection);
    const socket = new WebSocket(`ws://127.0.0.1:${ours.port}${path}`, { headers, perMessageDeflate: false });
    t.after(() => socket.terminate());
    const got: RecordedEnvelope[] = [];
    socket.on('message', (data, binary) => {
      assert.equal(binary, false);
      got.push(JSON.parse((data as Buffer).toString()));
    });
    await until('the Sync of the server', () => got.length === 1);
    for (const message of messages) {
      if (message.dir === 'c>s') {
        const before = ours.handled();
        socket.send(recordedBytes(message), { binary: true });
        await until('message', () => ours.handled() > before);
      } else if (message !== first) {
        repeat(ours.graph, message.json!);
      }
    }
    const theirs = messages.filter(({ dir }) => dir === 's>c').map(({ json }) => json!);
    await until('messages', () => got.length >= theirs.length);
    assertSame(got, theirs);
  });

  test(`as the analyzer that dials we send what the original sent, connection ${conn}`, async (t) => {
    const recorded = recording(t, 'replication');
    if (recorded === undefined) return;
    const connection = recorded.connections.find((candidate) => candidate.conn === conn)!;
    const messages = recorded.messages.filter((message) => message.conn === conn && isMessage(message));
    const peer = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    t.after(() => {
      for (const client of peer.clients) client.terminate();
      peer.close();
    });
    await new Promise<void>((done) => peer.once('listening', done));
    peer.on('headers', (headers) => headers.push('X-Host-Id: an1', 'X-Service-Type: analyzer'));
    const got: RecordedEnvelope[] = [];
    let socket: WebSocket | undefined;
    let request: readonly string[] = [];
    peer.on('connection', (accepted, incoming) => {
      socket = accepted;
      request = incoming.rawHeaders;
      accepted.on('message', (data, binary) => {
        assert.equal(binary, true, 'JSON in binary frames');
        got.push(JSON.parse((data as Buffer).toString()));
      });
    });
    const ours = await startAnalyzer(t, 'an2', [url((peer.address() as AddressInfo).port)]);
    await until('the Sync of the client', () => got.length === 1);
    const lines = Object.fromEntries(
      request.flatMap((name, index) => (index % 2 === 0 ? [[name, request[index + 1]]] : [])),
    );
    for (const [name, value] of Object.entries(requestHeaders(connection).headers)) {
      assert.equal(lines[name], value, name);
    }
    assert.ok(!('Sec-WebSocket-Extensions' in lines) && !('Origin' in lines));
    for (const message of messages) {
      if (message.dir === 's>c') {
        const before = ours.handled();
        socket!.send(recordedBytes(message), { binary: false });
        await until('message', () => ours.handled() > before);
      } else if (message.json?.Type !== 'Sync') {
        repeat(ours.graph, message.json!);
      }
    }
    const theirs = messages.filter(({ dir }) => dir === 'c>s').map(({ json }) => json!);
    await until('messages', () => got.length >= theirs.length);
    assertSame(got, theirs);
  });
}

function elementsOf({ Obj }: RecordedEnvelope): { type: string; obj: unknown }[] {
  const { Nodes, Edges } = Obj as { Nodes: unknown[] | null; Edges: unknown[] | null };
  const of = (type: string, list: unknown[] | null) => (list ?? []).map((obj) => ({ type, obj }));
  return [...of('NodeAdded', Nodes), ...of('EdgeAdded', Edges)];
}

function local(type: string, obj: unknown) {
  return decodeJson(Buffer.from(JSON.stringify({ Namespace: 'Graph', Type: type, Obj: obj })));
}

/** Lets a change that the original told happen here. One without content is told in full, by whatever content. */
function repeat(graph: Graph, { Type = '', Obj }: RecordedEnvelope): void {
  const { ID, Revision, UpdatedAt, Ops } = Obj as {
    ID: string;
    Revision: number;
    UpdatedAt: number;
    Ops: unknown[] | null;
  };
  if (Type.endsWith('PartiallyUpdated') && Ops === null) {
    const element = Type.startsWith('Node') ? graph.getNode(ID) : graph.getEdge(ID);
    const type = Type.replace('PartiallyUpdated', 'Updated');
    applyMessage(
      graph,
      local(type, { ...element, Revision, UpdatedAt, Metadata: { ...element?.Metadata, Changed: true } }),
    );
  } else {
    applyMessage(graph, local(Type, Obj));
  }
}
