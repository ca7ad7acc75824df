// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { Flows } from '../../src/analyzer/flows.js';
import { silentLogger } from '../../src/log/logger.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { configOf } from '../e2e/api-fixture.js';
import { until } from './client.js';

/** The flow side of an analyzer that stores nothing. */
async function startFlows(t: TestContext, protocol: 'udp' | 'websocket') {
  const config = configOf({
    'analyzer.flow.backend': 'memory',
    'analyzer.flow.max_buffer_size': 1000,
    'storage.memory.bulk_maxdelay': 1,
    'flow.protocol': protocol,
  });
  const flows = await Flows.open(config, silentLogger);
  const shared = shareWire({ log: silentLogger });
  const server = new WireServer({
    host: 'an1',
    serviceType: 'analyzer',
    endpoints: flows.endpoints,
    shared,
  });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const address = http.address() as AddressInfo;
  flows.listen(address);
  t.after(async () => {
    await flows.stop();
    server.stop();
    http.close();
  });
  return { flows, port: address.port };
}

async function connect(t: TestContext, port: number, path: string, headers: Record<string, string>) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { 'X-Client-Type': 'exporter', ...headers },
  });
  t.after(() => socket.terminate());
  const got: { Namespace: string; Obj: unknown }[] = [];
  socket.on('message', (data) => got.push(JSON.parse(String(data))));
  await once(socket, 'ping', { signal: AbortSignal.timeout(10_000) });
  return { socket, got };
}

const agentHeaders = { 'X-Host-ID': 'a1', 'X-Client-Type': 'agent', 'X-Websocket-Namespace': '*' };
const flow = Buffer.from('0a041a0254430a', 'hex');
/** Two flows of different captures, UUID `f1` and `f2`. */
const message = Buffer.from('0a090a0266319202026361' + '0a090a0266329202026362', 'hex');
const stats = Buffer.from('120b0a02633110032807' + '30e807', 'hex');

test('flows of WebSocket frames reach exporters, each namespace its own', async (t) => {
  const { flows, port } = await startFlows(t, 'websocket');
  const all = await connect(t, port, '/ws/subscriber/flow', { 'X-Host-ID': 'e1' });
  const one = await connect(t, port, '/ws/subscriber/flow', {
    'X-Host-ID': 'e2',
    'X-Websocket-Namespace': 'flow/cb',
  });
  const agent = await connect(t, port, '/ws/agent/flow', agentHeaders);
  for (const bytes of [message, flow, stats]) agent.socket.send(bytes);
  await until('flows and reports', () => all.got.length >= 2 && one.got.length >= 1);
  const rest = { Start: 0, Last: 0, ParentUUID: '', RawPacketsCaptured: 0 };
  const byNamespace = (got: { Namespace: string; Obj: unknown }[], namespace: string) =>
    got.filter(({ Namespace }) => Namespace === namespace).map(({ Obj }) => Obj);
  assert.deepEqual(byNamespace(all.got, 'flow'), [
    [
      { UUID: 'f1', ...rest, CaptureID: 'ca' },
      { UUID: 'f2', ...rest, CaptureID: 'cb' },
    ],
  ]);
  assert.deepEqual(byNamespace(one.got, 'flow/cb'), [[{ UUID: 'f2', ...rest, CaptureID: 'cb' }]]);
  assert.deepEqual(byNamespace(all.got, 'stats'), [
    {
      CaptureID: 'c1',
      FlowCount: 3,
      FlowDropped: 0,
      KernelFlowDropped: 0,
      PacketsDropped: 7,
      PacketsReceived: 1000,
    },
  ]);
  const { Messages, Malformed, Flows: count, Datagrams } = flows.status();
  assert.deepEqual(
    { Messages, Malformed, count, Datagrams },
    { Messages: 3, Malformed: 1, count: 2, Datagrams: 0 },
  );
});

test('flows of datagrams reach exporters; hostile ones and a hostile agent harm nobody', async (t) => {
  const { flows, port } = await startFlows(t, 'udp');
  const exporter = await connect(t, port, '/ws/subscriber/flow', { 'X-Host-ID': 'e1' });
  const agent = await connect(t, port, '/ws/agent/flow', agentHeaders);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const noise = [Buffer.alloc(0), Buffer.alloc(65_000, 0xff), Buffer.from('{"Namespace":"Flow"}'), flow];
  for (const bytes of noise) socket.send(bytes);
  for (const bytes of noise) agent.socket.send(bytes);
  agent.socket.send('text');
  await until('all messages', () => flows.status().Messages === 2 * noise.length + 1);
  socket.send(message);
  await until('flows', () => exporter.got.length >= 1);
  assert.equal((exporter.got[0]!.Obj as unknown[]).length, 2);
  const { Malformed, Datagrams, Agents } = flows.status();
  assert.deepEqual(
    { Malformed, Datagrams },
    { Malformed: 2 * noise.length + 1, Datagrams: noise.length + 1 },
  );
  assert.equal(Object.keys(Agents).length, 1, 'the agent is still connected');
});
