// SPDX-License-Identifier: Apache-2.0
// The wire: many agents that connect at once, and what a slow subscriber does to the others. Agents and subscribers
// are a process of their own. `npm run bench -- wire`.

import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { OriginIndex } from '../../src/sync/origin-index.js';
import { Publishers } from '../../src/sync/publishers.js';
import { Subscribers } from '../../src/sync/subscribers.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { Outgoing } from '../../src/wire/outgoing.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { median, type Row } from './row.js';

const agents = 200;
const nodesPerAgent = 500;

/** An interface as the netlink probe of the original describes it: about 1.2 kB of JSON. */
function node(agent: number, index: number): object {
  const counters = {
    Last: 1_795_322_110_616,
    RxBytes: 800_388,
    RxPackets: 2618,
    TxBytes: 800_388,
    TxPackets: 2618,
  };
  return {
    ID: `${agent}-${index}`,
    Metadata: {
      Name: `eth${index}`,
      Type: index % 3 === 0 ? 'veth' : 'device',
      Driver: 'veth',
      EncapType: 'ether',
      State: 'UP',
      IfIndex: index,
      MTU: 1500,
      MAC: `02:00:${agent.toString(16).padStart(2, '0')}:00:00:${(index % 256).toString(16).padStart(2, '0')}`,
      IPV4: [`10.${agent}.${index >> 8}.${index & 255}/16`],
      LinkFlags: ['UP', 'BROADCAST', 'MULTICAST'],
      Metric: counters,
      LastUpdateMetric: { ...counters, Start: 1_795_322_080_616 },
      RoutingTables: [
        {
          ID: 254,
          Src: null,
          Routes: [{ Protocol: 2, Prefix: '10.0.0.0/16', Nexthops: [{ IfIndex: index }] }],
        },
      ],
      Neighbors: [{ MAC: '33:33:ff:1c:8b:c0', IP: 'fe80::1', State: ['NUD_NOARP'], IfIndex: index }],
      Features: Object.fromEntries(
        Array.from({ length: 20 }, (_, n) => [`tx-feature-number-${n}`, n % 2 === 0]),
      ),
      TID: `tid-${agent}-${index}`,
    },
    Host: `agent${agent}`,
    Origin: `agent.agent${agent}`,
    CreatedAt: 1_795_322_080_615,
    UpdatedAt: 1_795_322_110_616,
    DeletedAt: null,
    Revision: 3,
  };
}

function edge(agent: number, index: number): object {
  const { Host, Origin, CreatedAt, UpdatedAt } = node(agent, 0) as Record<string, unknown>;
  const rest = { Host, Origin, CreatedAt, UpdatedAt, DeletedAt: null, Revision: 1 };
  const ends = { Parent: `${agent}-0`, Child: `${agent}-${index}` };
  return { ID: `e${agent}-${index}`, Metadata: { RelationType: 'ownership' }, ...rest, ...ends };
}

function sync(agent: number): Buffer {
  const Nodes = Array.from({ length: nodesPerAgent }, (_, index) => node(agent, index));
  const Edges = Array.from({ length: nodesPerAgent - 1 }, (_, index) => edge(agent, index + 1));
  return Outgoing.json({ namespace: 'Graph', type: 'Sync' }, { Nodes, Edges }).encode('protobuf') as Buffer;
}

async function startAnalyzer() {
  const shared = shareWire({ log: silentLogger });
  const graph = new Graph({ host: 'an', origin: 'analyzer.an' });
  const topology = new Endpoint('/ws/agent/topology', { limit: 'cluster' });
  const subscriber = new Endpoint('/ws/subscriber', { limit: 'api' });
  const origins = new OriginIndex(graph);
  const { complaints } = shared;
  new Publishers({ endpoint: topology, graph, origins, complaints, validated: false });
  new Subscribers({ endpoint: subscriber, graph, shared });
  const server = new WireServer({
    host: 'an',
    serviceType: 'analyzer',
    endpoints: [topology, subscriber],
    shared,
  });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const stop = () => {
    server.stop();
    http.close();
  };
  return { graph, topology, subscriber, port: (http.address() as AddressInfo).port, stop };
}

function told(child: ChildProcess): Promise<number[]> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as number[])));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function connectAtOnce(): Promise<Row[]> {
  const { graph, port, stop } = await startAnalyzer();
  const child = fork(import.meta.filename, ['agents', String(port)]);
  await told(child);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const cpu = process.cpuUsage();
  child.send('go');
  await until(
    () => graph.nodeCount === agents * nodesPerAgent && graph.edgeCount === agents * (nodesPerAgent - 1),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  child.kill();
  stop();
  const ms = (ns: number) => `${(ns / 1e6).toFixed(1)} ms`;
  const used = `${((user + system) / 1e6).toFixed(1)} s`;
  return [
    {
      measure: `${agents} agents × ${nodesPerAgent} nodes connect at once, synced`,
      value: `${seconds.toFixed(2)} s`,
      goal: '≤ 5 s',
      cpu: used,
    },
    { measure: 'loop delay meanwhile, max', value: ms(delay.max), goal: '≤ 50 ms' },
    { measure: 'loop delay meanwhile, p99', value: ms(delay.percentile(99)), goal: '≤ 20 ms' },
  ];
}

/** Latency in ms of changes to ten subscribers, 99th percentile, with or without an eleventh that reads 1 kB/s. */
async function latency(slow: boolean): Promise<number> {
  const { graph, subscriber, port, stop } = await startAnalyzer();
  const child = fork(import.meta.filename, ['subscribers', String(port), slow ? 'slow' : 'none']);
  await until(() => subscriber.speakers.size === (slow ? 11 : 10));
  graph.addNode({ ID: 'n', Metadata: { Name: 'n', Type: 'device' } });
  const filler = JSON.stringify(node(0, 0));
  for (let change = 0; change < 1500; change++) {
    for (let burst = 0; burst < 4; burst++) {
      graph.update('node', 'n', { set: { Sent: performance.timeOrigin + performance.now(), filler } });
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.send('done');
  const [p99 = Number.NaN] = await told(child);
  child.kill();
  stop();
  return p99;
}

export async function slowReader(): Promise<Row[]> {
  const without: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < 3; round++) {
    without.push(await latency(false));
    beside.push(await latency(true));
  }
  const [alone, together] = [median(without), median(beside)];
  const goal = `≤ ${(alone * 1.1).toFixed(2)} ms`;
  return [
    { measure: 'change to 10 subscribers, p99', value: `${alone.toFixed(2)} ms` },
    { measure: 'the same beside a reader of 1 kB/s', value: `${together.toFixed(2)} ms`, goal },
  ];
}

export async function run(): Promise<Row[]> {
  return [...(await connectAtOnce()), ...(await slowReader())];
}

function childAgents(port: string): void {
  const syncs = Array.from({ length: agents }, (_, agent) => sync(agent));
  process.send!([]);
  process.once('message', () => {
    for (const [agent, bytes] of syncs.entries()) {
      const headers = {
        'X-Client-Type': 'agent',
        'X-Client-Protocol': 'protobuf',
        'X-Host-ID': `agent${agent}`,
      };
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/agent/topology`, {
        headers,
        perMessageDeflate: false,
      });
      socket.on('open', () => socket.send(bytes, { binary: true }));
    }
  });
}

function childSubscribers(port: string, slow: boolean): void {
  const latencies: number[] = [];
  for (let client = 0; client < 10; client++) {
    const headers = { 'X-Client-Type': 'test' };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/subscriber`, {
      headers,
      perMessageDeflate: false,
    });
    socket.on('message', (data) => {
      const now = performance.timeOrigin + performance.now();
      const sent = /"Sent":([0-9.]+)/.exec((data as Buffer).toString());
      if (sent !== null) latencies.push(now - Number(sent[1]));
    });
  }
  if (slow) {
    const socket = connect(Number(port), '127.0.0.1', () => {
      const key = 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==';
      const lines = [
        'Host: x',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        key,
        'X-Client-Type: slow',
      ];
      socket.write(`GET /ws/subscriber HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
    socket.on('error', () => {});
    socket.pause();
    setInterval(() => socket.read(100), 100).unref();
  }
  process.once('message', () => {
    latencies.sort((a, b) => a - b);
    process.send!([latencies[Math.floor(latencies.length * 0.99)]]);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , role, port = '', kind] = process.argv;
  if (role === 'agents') childAgents(port);
  else if (role === 'subscribers') childSubscribers(port, kind === 'slow');
}
