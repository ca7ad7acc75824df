// SPDX-License-Identifier: Apache-2.0
// Replays what clients sent to an original analyzer (its agent, publishers, subscribers: one run) to ours, in the order
// of the recording, and compares what ours sends with what the original sent.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { decodeEdge, decodeNode } from '../../src/graph/codec.js';
import type { Graph } from '../../src/graph/graph.js';
import { decodeProtobuf } from '../../src/wire/codec-protobuf.js';
import { startTestAnalyzer, type TestAnalyzer } from './analyzer.js';
import {
  type RecordedConnection,
  type RecordedEnvelope,
  type RecordedMessage,
  recordedBytes,
  recording,
  requestHeaders,
} from './recording.js';

const files = [
  'agent-topology',
  'publisher',
  'subscriber',
  'subscriber-partial',
  'subscriber-filter',
  'subscriber-protobuf',
] as const;

/** One thing that happened, at its absolute time in ms. */
interface Step {
  readonly at: number;
  readonly run: () => Promise<void>;
}

interface Client {
  readonly file: string;
  readonly connection: RecordedConnection;
  readonly got: RecordedEnvelope[];
  /** What the original sent. */
  readonly wanted: readonly RecordedEnvelope[];
  socket: WebSocket | undefined;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function open(t: TestContext, analyzer: TestAnalyzer, client: Client): Promise<void> {
  const { path, headers } = requestHeaders(client.connection);
  const socket = new WebSocket(`ws://127.0.0.1:${analyzer.port}${path}`, {
    headers,
    perMessageDeflate: false,
  });
  t.after(() => socket.terminate());
  client.socket = socket;
  const protobuf = headers['X-Client-Protocol'] === 'protobuf';
  socket.on('message', (data, binary) => {
    assert.equal(binary, protobuf, 'binary frames are for protobuf');
    const message: RecordedEnvelope = protobuf
      ? envelope(data as Buffer)
      : JSON.parse((data as Buffer).toString());
    if (!isLostEdge(message.Obj)) client.got.push(message);
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('ping', () => resolve()));
}

function envelope(bytes: Buffer): RecordedEnvelope {
  const { namespace, type, uuid, status, payload } = decodeProtobuf(bytes);
  return {
    Namespace: namespace,
    Type: type,
    ...(uuid && { UUID: uuid }),
    Status: status,
    Obj: payload.json(),
  };
}

function isGraph(message: RecordedEnvelope | undefined): message is RecordedEnvelope {
  return message?.Namespace === 'Graph';
}

type Members = Record<string, unknown>;

/** What an original's REST API did to the graph, as its unfiltered subscriber was told. */
function applyApiChange(graph: Graph, { Type = '', Obj }: RecordedEnvelope): void {
  const node = () => decodeNode(Obj);
  const edge = () => decodeEdge(Obj);
  if (Type === 'NodeAdded') graph.applyNodeAdded(node());
  else if (Type === 'NodeUpdated') graph.applyNodeUpdated(node());
  else if (Type === 'NodeDeleted') graph.applyNodeDeleted(node());
  else if (Type === 'EdgeAdded') graph.applyEdgeAdded(edge());
  else if (Type === 'EdgeUpdated') graph.applyEdgeUpdated(edge());
  // An edge is reported before its node; deleting the node would take it along.
  else if (Type === 'EdgeDeleted') graph.applyEdgeDeleted(edge());
  else assert.fail(`unexpected ${Type}`);
}

/** Brings a message into the form that is compared: see the reasons. */
function comparable(message: RecordedEnvelope, names: Map<string, number>): unknown {
  const { Type = '', Obj, Status, UUID } = message;
  const reply = Type === 'SyncReply' ? { UUID } : {};
  const members = (typeof Obj === 'object' && Obj !== null ? Obj : {}) as Members;
  const { ID, Revision, UpdatedAt, Ops } = members;
  const [, kind, change] = /^(Node|Edge)(\w+)$/.exec(Type) ?? [];
  // Updates that no operations describe: the original's partial ones lose their content, ours are full.
  if (change === 'PartiallyUpdated' && !(Ops as unknown[] | null)?.length) {
    return { Type: `${kind}Updated`, ID, Revision, Status };
  }
  if (names.has(`${kind}Updated ${ID} ${Revision}`) && change === 'Updated') {
    return { Type, ID, Revision, Status };
  }
  return {
    Type,
    Status,
    ...reply,
    Obj: sorted(withoutOurTimes(Obj, Type)),
    ...(change && { UpdatedAt: typeof UpdatedAt }),
  };
}

/** The deletion time is the analyzer's own where it deletes; the original leaves it out in filtered streams. */
function withoutOurTimes(obj: unknown, type: string): unknown {
  if (!type.endsWith('Deleted')) return obj;
  return { ...(obj as Members), DeletedAt: null };
}

/** The last message of a client that closed right behind it: the original lost it, ours is applied. */
const lostEdge = '33333333-3333-4333-8333-333333333333';

function isLostEdge(element: unknown): boolean {
  return (element as Members | null)?.['ID'] === lostEdge;
}

/** Lists of a graph have no order. */
function sorted(obj: unknown): unknown {
  if (typeof obj !== 'object' || obj === null || !('Nodes' in obj)) return obj;
  const { Nodes, Edges } = obj as { Nodes: Members[] | null; Edges: Members[] | null };
  const byId = (a: Members, b: Members) => (String(a['ID']) < String(b['ID']) ? -1 : 1);
  const edges = Edges?.filter((edge) => !isLostEdge(edge)).sort(byId);
  return { Nodes: Nodes && [...Nodes].sort(byId), Edges: edges?.length ? edges : null };
}

/** IDs and revisions of updates that the original sent without content. */
function emptyUpdates(messages: readonly RecordedEnvelope[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const { Type = '', Obj } of messages) {
    const { ID, Revision, Ops } = (Obj ?? {}) as Members;
    const kind = /^(Node|Edge)PartiallyUpdated$/.exec(Type)?.[1];
    if (kind !== undefined && !(Ops as unknown[] | null)?.length)
      names.set(`${kind}Updated ${ID} ${Revision}`, 1);
  }
  return names;
}

test('our analyzer tells subscribers and publishers what the original told them', {
  timeout: 60_000,
}, async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const clients: Client[] = [];
  const steps: Step[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const file of files) {
    const recorded = recording(t, file);
    if (recorded === undefined) return;
    for (const connection of recorded.connections) {
      if (!connection.response.startsWith('HTTP/1.1 101')) continue;
      const messages = recorded.messages.filter(({ conn }) => conn === connection.conn);
      // Refused connections have a test of their own; the agent's second one is to a restarted analyzer.
      if (messages.some(({ op, dir }) => op === 'close' && dir === 's>c')) continue;
      const start = connection.t0 * 1000;
      const stop = messages.find(({ op, dir }) => op === 'tcp-fin' && dir === 's>c');
      if (file === 'agent-topology') {
        if (connection.conn > 1) continue;
        end = start + stop!.t;
      }
      const wanted = messages
        .filter(({ dir, json, decoded }) => dir === 's>c' && isGraph(json ?? decoded))
        .map(({ json, decoded }) => (json ?? decoded)!);
      const client: Client = {
        file: `${file} ${connection.conn}`,
        connection,
        got: [],
        wanted,
        socket: undefined,
      };
      clients.push(client);
      steps.push({ at: start, run: () => open(t, analyzer, client) });
      for (const message of messages) steps.push(...stepsOf(analyzer, client, message, start));
    }
  }
  for (const { at, run } of steps.filter(({ at }) => at < end).sort((a, b) => a.at - b.at)) {
    await run();
    await until(`quiet at ${at}`, () => analyzer.subscribers.evaluating === 0);
  }
  for (const client of clients) {
    const { wanted } = client;
    const names = emptyUpdates([...wanted, ...client.got]);
    await until(`${client.file}: ${wanted.length} messages`, () => client.got.length >= wanted.length);
    const ours = client.got.map((message) => comparable(message, names));
    const theirs = wanted.map((message) => comparable(message, names));
    for (const [index, message] of theirs.entries()) {
      assert.deepEqual(ours[index], message, `${client.file}, message ${index}`);
    }
    assert.equal(ours.length, theirs.length, `${client.file}: no further messages`);
  }
  assert.ok(clients.reduce((sum, { got }) => sum + got.length, 0) > 300);
});

function stepsOf(analyzer: TestAnalyzer, client: Client, message: RecordedMessage, start: number): Step[] {
  const at = start + message.t;
  if (message.dir === 'c>s' && message.op === 'tcp-fin') {
    return [{ at, run: () => disconnect(analyzer, client) }];
  }
  if (message.dir === 'c>s' && (message.op === 'text' || message.op === 'binary')) {
    return [{ at, run: () => send(analyzer, client, message) }];
  }
  const json = message.json;
  const byApi = (json?.Obj as Members | undefined)?.['Origin'] === 'api.an1';
  if (client.file === 'subscriber 1' && isGraph(json) && byApi && json.Type !== 'SyncReply') {
    return [{ at, run: async () => applyApiChange(analyzer.graph, json) }];
  }
  return [];
}

async function send(analyzer: TestAnalyzer, client: Client, message: RecordedMessage): Promise<void> {
  const before = analyzer.handled();
  client.socket!.send(recordedBytes(message), { binary: message.op === 'binary' });
  await until(`message at ${message.t} of ${client.file}`, () => analyzer.handled() > before);
}

async function disconnect(analyzer: TestAnalyzer, client: Client): Promise<void> {
  // What is on its way must not be lost with the connection.
  await until(`the messages of ${client.file}`, () => client.got.length >= client.wanted.length);
  const endpoint = Object.values(analyzer.endpoints).find(({ path }) =>
    requestHeaders(client.connection).path.startsWith(path),
  )!;
  const before = endpoint.hosts.size;
  client.socket!.terminate();
  await until(`the end of ${client.file}`, () => endpoint.hosts.size < before);
}

test('connections that the original refused are refused in the same way', async (t) => {
  const recorded = recording(t, 'subscriber');
  if (recorded === undefined) return;
  const analyzer = await startTestAnalyzer(t);
  const busy = new WebSocket(`ws://127.0.0.1:${analyzer.port}/ws/subscriber`, {
    headers: { 'X-Host-ID': 'sub-full', 'X-Client-Type': 'webui' },
  });
  t.after(() => busy.terminate());
  await new Promise<void>((resolve) => busy.once('ping', () => resolve()));
  const refused = recorded.connections.filter(({ conn }) => conn >= 5 && conn <= 10);
  assert.equal(refused.length, 6);
  for (const connection of refused) {
    const close: RecordedMessage | undefined = recorded.messages.find(
      ({ conn, op }) => conn === connection.conn && op === 'close',
    );
    const { head, first } = await upgradeByHand(analyzer.port, connection.request);
    const status = connection.response.split('\r\n')[0];
    assert.equal(head[0], status);
    if (close === undefined) {
      assert.ok(head.includes('Connection: close'));
      assert.ok(head.some((line) => line.startsWith('Set-Cookie: permissions=')));
    } else {
      assert.equal(first.toString('hex'), `8802${Buffer.from(close.b64!, 'base64').toString('hex')}`);
    }
  }
});

function upgradeByHand(port: number, request: string): Promise<{ head: string[]; first: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let all = Buffer.alloc(0);
    const done = () => {
      const end = all.indexOf('\r\n\r\n');
      resolve({ head: all.toString('latin1', 0, end).split('\r\n'), first: all.subarray(end + 4) });
      socket.destroy();
    };
    socket.on('data', (bytes) => {
      all = Buffer.concat([all, bytes]);
      const end = all.indexOf('\r\n\r\n');
      if (end !== -1 && all.length >= end + 8 && all.toString('latin1', 9, 12) === '101') done();
    });
    socket.on('end', done);
    socket.on('error', reject);
  });
}
