// SPDX-License-Identifier: Apache-2.0
// Our agent's side of `/ws/agent/topology` against what an original agent sent.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { applyMessage } from '../../src/sync/apply-message.js';
import { Forwarder } from '../../src/sync/forwarder.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import { decodeJson } from '../../src/wire/codec-json.js';
import { decodeProtobuf } from '../../src/wire/codec-protobuf.js';
import { credentialHeaders } from '../../src/wire/credentials.js';
import type { StructMessage } from '../../src/wire/message.js';
import { shareWire } from '../../src/wire/shared.js';
import { until } from './client.js';
import { type RecordedEnvelope, recordedBytes, recording, requestHeaders } from './recording.js';

interface Peer {
  readonly url: string;
  /** Header lines of the upgrade request as they came. */
  request: Record<string, string>;
  socket: WebSocket | undefined;
  readonly got: StructMessage[];
}

/** An analyzer that only listens, with what the original answers to an upgrade. */
async function startPeer(t: TestContext): Promise<Peer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await new Promise<void>((done) => server.once('listening', done));
  server.on('headers', (headers) => headers.push('X-Host-Id: an1', 'X-Service-Type: analyzer'));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/agent/topology`;
  const peer: Peer = { url, request: {}, socket: undefined, got: [] };
  server.on('connection', (socket, { rawHeaders }) => {
    const lines = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1]!]] : [],
    );
    peer.request = Object.fromEntries(lines);
    peer.socket = socket;
    socket.on('message', (data, binary) => {
      assert.equal(binary, true);
      peer.got.push(decodeProtobuf(data as Buffer));
    });
  });
  return peer;
}

function startAgent(t: TestContext, url: string) {
  const graph = new Graph({ host: 'agent1', origin: 'agent.agent1' });
  const pool = new ClientPool({
    urls: [url],
    host: 'agent1',
    serviceType: 'agent',
    protocol: 'protobuf',
    headers: { 'X-Persistence-Policy': 'DeleteOnDisconnect' },
    credentials: () => credentialHeaders({}),
    shared: shareWire({ log: silentLogger }),
  });
  const forwarder = new Forwarder({ graph, pool });
  t.after(() => {
    forwarder.stop();
    pool.stop();
  });
  return { graph, pool, forwarder };
}

function local({ Type, Obj }: RecordedEnvelope): StructMessage {
  return decodeJson(Buffer.from(JSON.stringify({ Namespace: 'Graph', Type, Obj })));
}

/** Lists of a graph have no order; an original's update without content has `null` where ours lists nothing. */
function comparable(namespace: string, type: string, status: number, obj: unknown): unknown {
  const { Nodes, Edges, Ops, ...rest } = obj as Record<string, { ID: string }[] | null>;
  const sorted = (list: { ID: string }[] | null | undefined) =>
    list && [...list].sort((a, b) => (a.ID < b.ID ? -1 : 1));
  return { namespace, type, status, Nodes: sorted(Nodes), Edges: sorted(Edges), Ops: Ops ?? [], rest };
}

for (const conn of [1, 2]) {
  test(`our agent sends what the original sent about the same changes, connection ${conn}`, async (t) => {
    const recorded = recording(t, 'agent-topology');
    if (recorded === undefined) return;
    const connection = recorded.connections.find((candidate) => candidate.conn === conn)!;
    const theirs = recorded.messages
      .filter((message) => message.conn === conn && message.dir === 'c>s')
      .filter(({ decoded }) => decoded?.Namespace === 'Graph')
      .map(({ decoded }) => decoded!);
    const peer = await startPeer(t);
    const agent = startAgent(t, peer.url);
    const { Nodes, Edges } = theirs[0]!.Obj as { Nodes: unknown[] | null; Edges: unknown[] | null };
    for (const Obj of Nodes ?? []) applyMessage(agent.graph, local({ Type: 'NodeAdded', Obj }));
    for (const Obj of Edges ?? []) applyMessage(agent.graph, local({ Type: 'EdgeAdded', Obj }));
    agent.forwarder.start();
    agent.pool.start();
    await until('Sync', () => peer.got.length === 1);
    const { headers } = requestHeaders(connection);
    for (const [name, value] of Object.entries(headers)) assert.equal(peer.request[name], value, name);
    const further = Object.keys(peer.request)
      .filter((name) => !(name in headers))
      .sort();
    assert.deepEqual(further, [
      'Connection',
      'Host',
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Version',
      'Upgrade',
    ]);
    assert.equal(peer.request['Connection'], 'Upgrade');
    for (const message of theirs.slice(1)) applyMessage(agent.graph, local(message));
    await until('messages', () => peer.got.length >= theirs.length);
    for (const [index, { Namespace, Type, Status, Obj }] of theirs.entries()) {
      const ours = peer.got[index]!;
      assert.deepEqual(
        comparable(ours.namespace, ours.type, ours.status, ours.payload.json()),
        comparable(Namespace!, Type!, Status!, Obj),
        `message ${index}`,
      );
      assert.equal(ours.format, 'json', 'JSON within protobuf');
      assert.match(ours.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    }
    assert.equal(peer.got.length, theirs.length);
  });

  test(`our agent hands on what the original analyzer asked for, connection ${conn}`, async (t) => {
    const recorded = recording(t, 'agent-topology');
    if (recorded === undefined) return;
    const asked = recorded.messages.filter(
      (message) => message.conn === conn && message.dir === 's>c' && message.decoded !== undefined,
    );
    const replies = recorded.messages.filter(
      ({ conn: of, dir, decoded }) =>
        of === conn && dir === 'c>s' && decoded !== undefined && decoded.Namespace !== 'Graph',
    );
    const peer = await startPeer(t);
    const agent = startAgent(t, peer.url);
    const heard: StructMessage[] = [];
    agent.pool.on('*', (_, message) => void heard.push(message));
    agent.pool.start();
    await until('connection', () => agent.pool.speakers.size === 1);
    for (const message of asked) peer.socket!.send(recordedBytes(message), { binary: true });
    await until('requests', () => heard.length === asked.length);
    for (const [index, { decoded }] of asked.entries()) {
      const { namespace, type, uuid, status, format } = heard[index]!;
      assert.deepEqual(
        [namespace, type, uuid, status],
        [decoded!.Namespace, decoded!.Type, decoded!.UUID, decoded!.Status],
      );
      assert.equal(format, namespace === 'Flow' ? 'protobuf' : 'json');
    }
    assert.ok(replies.length >= asked.length);
  });
}
