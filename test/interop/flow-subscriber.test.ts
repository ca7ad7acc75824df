// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { silentLogger } from '../../src/log/logger.js';
import { type CaptureStats, type FlowObject, FlowSubscribers } from '../../src/sync/flow-subscribers.js';
import { decodeProtobuf } from '../../src/wire/codec-protobuf.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { until } from './client.js';
import { recording, requestHeaders } from './recording.js';

interface Got {
  readonly namespace: string;
  readonly type: string;
  readonly status: number;
  readonly obj: unknown;
}

async function startServer(t: TestContext) {
  const endpoint = new Endpoint('/ws/subscriber/flow', { limit: 'api' });
  const subscribers = new FlowSubscribers(endpoint);
  const shared = shareWire({ log: silentLogger });
  const server = new WireServer({ host: 'an1', serviceType: 'analyzer', endpoints: [endpoint], shared });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.stop();
    http.close();
  });
  return { endpoint, subscribers, port: (http.address() as AddressInfo).port };
}

async function exporter(t: TestContext, port: number, headers: Record<string, string | string[]>) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/subscriber/flow`, {
    headers: { 'X-Client-Type': 'exporter', ...headers } as Record<string, string>,
    perMessageDeflate: false,
  });
  t.after(() => socket.terminate());
  const got: Got[] = [];
  socket.on('message', (data, binary) => {
    if (binary) {
      const { namespace, type, status, format, payload } = decodeProtobuf(data as Buffer);
      const obj = format === 'protobuf' ? payload.bytes().toString('base64') : payload.json();
      got.push({ namespace, type, status, obj });
    } else {
      const { Namespace, Type, Status, Obj } = JSON.parse((data as Buffer).toString());
      got.push({ namespace: Namespace, type: Type, status: Status, obj: Obj });
    }
  });
  await new Promise<void>((resolve) => socket.once('ping', () => resolve()));
  return { socket, got };
}

const stats: CaptureStats = {
  CaptureID: 'c1',
  FlowCount: 3,
  FlowDropped: 0,
  KernelFlowDropped: 0,
  PacketsDropped: 7,
  PacketsReceived: 1000,
};
const flows: readonly FlowObject[] = [{ CaptureID: 'c1' }, { CaptureID: 'c2' }];

/** Header lines, and what arrives while somebody else has subscribed to everything (§16). */
const rows: readonly [string, Record<string, string | string[]>, readonly string[]][] = [
  ['no header', {}, ['flow 2', 'flow/c1 1', 'stats']],
  ['flow', { 'X-Websocket-Namespace': 'flow' }, ['flow 2']],
  ['a capture', { 'X-Websocket-Namespace': 'flow/c1' }, ['flow/c1 1']],
  ['a capture that has no flows', { 'X-Websocket-Namespace': 'flow/c9' }, []],
  ['stats and a capture', { 'X-Websocket-Namespace': ['stats', 'flow/c1'] }, ['flow/c1 1', 'stats']],
  ['everything', { 'X-Websocket-Namespace': '*' }, ['flow 2', 'flow/c1 1', 'stats']],
];

for (const [name, headers, expected] of rows) {
  test(`an exporter that asks for ${name} gets what it may be sent of what anybody has subscribed to`, async (t) => {
    const { port, subscribers } = await startServer(t);
    const all = { 'X-Host-ID': 'all', 'X-Websocket-Namespace': ['flow', 'stats', 'flow/c1', 'end'] };
    const other = await exporter(t, port, all);
    const { got } = await exporter(t, port, headers);
    subscribers.flows(flows);
    subscribers.stats(stats);
    await until('messages', () => got.length >= expected.length && other.got.length === 3);
    const kinds = got.map(({ namespace, obj }) =>
      Array.isArray(obj) ? `${namespace} ${obj.length}` : namespace,
    );
    assert.deepEqual(kinds, expected);
  });
}

test('* alone subscribes to nothing, and a disconnect ends the subscription of that client only', async (t) => {
  const { port, subscribers, endpoint } = await startServer(t);
  const star = await exporter(t, port, { 'X-Websocket-Namespace': '*' });
  assert.ok(!subscribers.wanted);
  subscribers.flows(flows);
  subscribers.stats(stats);
  const first = await exporter(t, port, { 'X-Host-ID': '1', 'X-Websocket-Namespace': 'flow' });
  await exporter(t, port, { 'X-Host-ID': '2', 'X-Websocket-Namespace': 'flow' });
  first.socket.terminate();
  await until('disconnect', () => endpoint.speakers.size === 2);
  assert.ok(subscribers.wanted);
  subscribers.flows(flows);
  await until('flows', () => star.got.length > 0);
  assert.deepEqual(star.got, [{ namespace: 'flow', type: 'store', status: 200, obj: flows }]);
});

test('Stats are protobuf for a protobuf exporter; zero counters are left out there only', async (t) => {
  const { port, subscribers } = await startServer(t);
  const binary = await exporter(t, port, { 'X-Client-Protocol': 'protobuf' });
  const json = await exporter(t, port, {});
  subscribers.stats(stats);
  subscribers.stats({ ...stats, CaptureID: '' });
  await until('stats', () => binary.got.length === 2 && json.got.length === 2);
  // The example of wire-protocol.md §15 holds these bytes.
  assert.equal(binary.got[0]!.obj, Buffer.from('0a02633110032807' + '30e807', 'hex').toString('base64'));
  assert.deepEqual(json.got[0]!.obj, stats);
  const { CaptureID: _, ...counters } = stats;
  assert.deepEqual(json.got[1]!.obj, counters);
});

test('exporters get what the original sent them of the same flows', async (t) => {
  const recorded = recording(t, 'flow-subscriber');
  if (recorded === undefined) return;
  const { port, subscribers } = await startServer(t);
  const theirs = (conn: number) =>
    recorded.messages
      .filter(
        (message) => message.conn === conn && message.dir === 's>c' && (message.json ?? message.decoded),
      )
      .map(({ json, decoded }) => (json ?? decoded)!);
  const clients: { got: Got[]; wanted: unknown[] }[] = [];
  for (const connection of recorded.connections) {
    // The last one was alone.
    if (connection.conn === 6) continue;
    const wanted = theirs(connection.conn).map(({ Namespace, Type, Status, Obj }) => ({
      namespace: Namespace,
      type: Type,
      status: Status,
      obj: Obj,
    }));
    clients.push({ ...(await exporter(t, port, requestHeaders(connection).headers)), wanted });
  }
  for (const { Namespace, Obj } of theirs(1)) {
    if (Namespace === 'flow') subscribers.flows(Obj as FlowObject[]);
    else if (Namespace === 'stats') subscribers.stats(Obj as CaptureStats);
  }
  await until('messages', () => clients.every(({ got, wanted }) => got.length >= wanted.length));
  for (const { got, wanted } of clients) assert.deepEqual(got, wanted);
  assert.ok(clients.reduce((sum, { got }) => sum + got.length, 0) > 30);
});
