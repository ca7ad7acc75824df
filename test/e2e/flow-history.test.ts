// SPDX-License-Identifier: Apache-2.0
// Flows of capture files, sent to an analyzer as agents send them, asked back by queries of the past.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import type { Flow, FlowMetric, RawPacket } from '../../src/gremlin/flow-source.js';
import { arrange } from '../../src/gremlin/flows/arrange.js';
import { Scheduler } from '../../src/gremlin/scheduler.js';
import { until } from '../../src/store/kv/store.contract.js';
import { ask, type RunningAnalyzer, scratch, startAnalyzer } from './trust-fixture.js';

const pcaps = join(import.meta.dirname, '../../../test/golden/pcap');

async function flowsOf(
  name: string,
  format: 'protobuf' | 'json',
  flowsPerMessage: number,
): Promise<Buffer[]> {
  const messages: Buffer[] = [];
  const options = {
    format,
    flowsPerMessage,
    nodeTid: `tid-${name}`,
    captureId: 'cap',
    extraLayers: 7,
    extraTcpMetric: true,
    rawPacketLimit: 3,
  } as const;
  await flowsOfPcap(createReadStream(join(pcaps, name)), options, (batch) => void messages.push(...batch));
  return messages;
}

function start(t: TestContext, folder: string, more: Readonly<Record<string, string | number>> = {}) {
  return startAnalyzer(t, {
    'etcd.data_dir': join(folder, 'etcd'),
    'storage.level.path': join(folder, 'history'),
    'analyzer.topology.backend': 'level',
    'storage.level.bulk_maxdelay': 1,
    ...more,
  });
}

async function query<T>({ port }: RunningAnalyzer, gremlin: string): Promise<T> {
  const { status, body } = await ask({
    port,
    method: 'POST',
    path: '/api/topology',
    body: JSON.stringify({ GremlinQuery: gremlin }),
    headers: { 'Content-Type': 'application/json' },
  });
  assert.equal(status, 200, `${gremlin}: ${body}`);
  return JSON.parse(body) as T;
}

interface FlowStatus {
  readonly Flows: number;
  readonly Waiting: number;
  readonly Store: { readonly updates: number; readonly flows: number };
}

async function stored({ port }: RunningAnalyzer): Promise<FlowStatus> {
  const { body } = await ask({ port, method: 'GET', path: '/api/status' });
  return (JSON.parse(body) as { Flows: FlowStatus }).Flows;
}

async function sendByUdp({ port }: RunningAnalyzer, messages: readonly Buffer[]): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const message of messages) await new Promise((sent) => socket.send(message, sent));
  socket.close();
}

async function sendByWebSocket({ port }: RunningAnalyzer, messages: readonly Buffer[]): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/agent/flow`, {
    headers: { 'X-Host-ID': 'agent1', 'X-Client-Type': 'agent', 'X-Websocket-Namespace': '*' },
  });
  await once(socket, 'ping', { signal: AbortSignal.timeout(10_000) });
  for (const message of messages) socket.send(message);
  socket.close();
}

const byUuid = (a: Flow, b: Flow) => (a.UUID < b.UUID ? -1 : a.UUID > b.UUID ? 1 : 0);

test('flows that came over UDP and WebSocket are asked back, also after a restart', async (t) => {
  const folder = scratch(t);
  const first = await start(t, folder);
  const all: Flow[] = [];
  for (const [index, name] of (await goldenNames()).entries()) {
    const [text] = await flowsOf(name, 'json', 1_000_000);
    if (text === undefined) continue;
    all.push(...(JSON.parse(String(text)) as Flow[]));
    if (index % 2 === 0) await sendByUdp(first, await flowsOf(name, 'protobuf', 1));
    else await sendByWebSocket(first, await flowsOf(name, 'protobuf', 10));
  }
  assert.ok(all.length > 50, `${all.length} flows`);
  // The same flow of two files is one; the later state counts.
  const latest = [...new Map(all.map((flow) => [flow.UUID, flow])).values()].sort(byUuid);
  await until('all are stored', async () => (await stored(first)).Store.updates === all.length, 20_000);
  assert.equal((await stored(first)).Store.flows, latest.length);

  const starts = latest.map(({ Start }) => Start);
  const lasts = latest.map(({ Last }) => Last);
  const to = Math.max(...lasts);
  const seconds = Math.ceil((to - Math.min(...starts)) / 1000);
  const context = `G.At(${to}, ${seconds})`;
  const compare = async (analyzer: RunningAnalyzer) => {
    assert.deepEqual((await query<Flow[]>(analyzer, `${context}.Flows()`)).sort(byUuid), latest);

    const tcp = latest.filter(({ Application }) => Application === 'TCP');
    assert.ok(tcp.length > 0);
    const found = await query<Flow[]>(analyzer, `${context}.Flows('Application', 'TCP')`);
    assert.deepEqual(found.sort(byUuid), tcp);

    const wanted = { sort: { by: 'Metric.ABBytes', descending: true }, most: 7 };
    const largest = await arrange(latest, wanted, new Scheduler({ signal: undefined }));
    const sorted = await query<Flow[]>(analyzer, `${context}.Flows().Sort(DESC, 'Metric.ABBytes').Limit(7)`);
    const bytes = (flow: Flow) => flow.Metric?.ABBytes;
    assert.deepEqual(sorted.map(bytes), largest.map(bytes));

    const paths = await query<Flow[]>(analyzer, `${context}.Flows().Dedup('LayersPath')`);
    assert.equal(paths.length, new Set(latest.map(({ LayersPath }) => LayersPath)).size);

    const metrics = await query<Record<string, FlowMetric[]>[]>(analyzer, `${context}.Flows().Metrics()`);
    const records = Object.assign({}, ...metrics) as Record<string, FlowMetric[]>;
    for (const flow of tcp) {
      const own = all
        .filter(({ UUID }) => UUID === flow.UUID)
        .map(({ LastUpdateMetric }) => LastUpdateMetric);
      assert.deepEqual(records[flow.UUID], own);
    }

    const packets = await query<Record<string, RawPacket[]>[] | Record<string, RawPacket[]>>(
      analyzer,
      `${context}.Flows('Application', 'TCP').RawPackets()`,
    );
    const byFlow = Object.assign({}, ...[packets].flat()) as Record<string, RawPacket[]>;
    for (const flow of tcp) {
      const indexes = byFlow[flow.UUID]?.map(({ Index }) => Index) ?? [];
      assert.ok(indexes.length >= flow.RawPacketsCaptured, flow.UUID);
    }

    const gone = await query<Flow[]>(analyzer, `G.At(${Math.min(...starts) - 1_000_000_000}).Flows()`);
    assert.deepEqual(gone, []);
  };
  await compare(first);
  await first.analyzer.stop();
  await compare(await start(t, folder));
});

async function goldenNames(): Promise<string[]> {
  const { readdir } = await import('node:fs/promises');
  return (await readdir(pcaps)).filter((name) => name.endsWith('.pcap')).sort();
}

test('without a flow backend queries of the past say what to configure', async (t) => {
  const analyzer = await start(t, scratch(t), { 'analyzer.flow.backend': 'memory' });
  const { status, body } = await ask({
    port: analyzer.port,
    method: 'POST',
    path: '/api/topology',
    body: JSON.stringify({ GremlinQuery: "G.At('-1m').Flows()" }),
    headers: { 'Content-Type': 'application/json' },
  });
  assert.equal(status, 400);
  assert.match(body, /configure analyzer\.flow\.backend/);
});

test('an unknown flow backend is refused with the key', async (t) => {
  await assert.rejects(
    start(t, scratch(t), { 'analyzer.flow.backend': 'x', 'storage.x.driver': 'orientdb' }),
    /Flow backend driver 'orientdb' not supported: analyzer\.flow\.backend/,
  );
});
