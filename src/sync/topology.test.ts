// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { GraphEvent } from '../graph/event.js';
import { Graph } from '../graph/graph.js';
import { silentLogger } from '../log/logger.js';
import { BackOff } from '../wire/back-off.js';
import { ClientPool } from '../wire/client-pool.js';
import { Endpoint } from '../wire/endpoint.js';
import { WireServer } from '../wire/server.js';
import { shareWire } from '../wire/shared.js';
import { Forwarder } from './forwarder.js';
import { OriginIndex } from './origin-index.js';
import { Publishers } from './publishers.js';

interface Analyzer {
  readonly port: number;
  readonly graph: Graph;
  readonly endpoint: Endpoint;
  /** `type ID` of every graph event. */
  readonly events: string[];
  stop(): void;
}

async function startAnalyzer(
  t: TestContext,
  options: { host?: string; port?: number; graph?: Graph } = {},
): Promise<Analyzer> {
  const host = options.host ?? 'an1';
  const shared = shareWire({ log: silentLogger });
  const graph = options.graph ?? new Graph({ host, origin: `analyzer.${host}` });
  const endpoint = new Endpoint('/ws/agent/topology', { limit: 'cluster' });
  const origins = new OriginIndex(graph);
  const publishers = new Publishers({
    endpoint,
    graph,
    origins,
    complaints: shared.complaints,
    validated: false,
  });
  const server = new WireServer({ host, serviceType: 'analyzer', endpoints: [endpoint], shared });
  const http = createServer();
  server.attach(http);
  const events: string[] = [];
  graph.on((event) => events.push(describe(event)));
  await new Promise<void>((done) => http.listen(options.port ?? 0, '127.0.0.1', done));
  const stop = () => {
    publishers.stop();
    server.stop();
    http.close();
  };
  t.after(stop);
  return { port: (http.address() as AddressInfo).port, graph, endpoint, events, stop };
}

function describe(event: GraphEvent): string {
  return `${event.type} ${'node' in event ? event.node.ID : event.edge.ID}`;
}

function startAgent(t: TestContext, ports: readonly number[], host = 'agent1') {
  const graph = new Graph({ host, origin: `agent.${host}` });
  const pool = new ClientPool({
    urls: ports.map((port) => `ws://127.0.0.1:${port}/ws/agent/topology`),
    host,
    serviceType: 'agent',
    protocol: 'protobuf',
    headers: { 'X-Persistence-Policy': 'DeleteOnDisconnect' },
    shared: shareWire({ log: silentLogger }),
    backOff: new BackOff({ firstMs: 20, maxMs: 20 }),
    random: () => 0,
  });
  const forwarder = new Forwarder({ graph, pool, random: () => 0 });
  forwarder.start();
  t.after(() => {
    forwarder.stop();
    pool.stop();
  });
  return { graph, pool, forwarder };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function content(graph: Graph) {
  const sort = <T extends { ID: string }>(elements: Iterable<T>) =>
    [...elements].sort((a, b) => (a.ID < b.ID ? -1 : 1));
  return { nodes: sort(graph.nodes()), edges: sort(graph.edges()) };
}

function same(a: Graph, b: Graph): boolean {
  return JSON.stringify(content(a)) === JSON.stringify(content(b));
}

/** A host with interfaces. */
function fill(graph: Graph, count: number, prefix = ''): void {
  graph.addNode({ ID: `${prefix}host`, Metadata: { Name: graph.host, Type: 'host' } });
  for (let n = 0; n < count; n++) {
    graph.addNode({
      ID: `${prefix}if${n}`,
      Metadata: { Name: `eth${n}`, Type: 'device', MTU: 1500, IPV4: [`10.0.0.${n}/8`] },
    });
    graph.addOwnership(`${prefix}host`, `${prefix}if${n}`);
  }
}

test("an agent's graph reaches the analyzer: what is there, then each change", async (t) => {
  const analyzer = await startAnalyzer(t);
  const agent = startAgent(t, [analyzer.port]);
  fill(agent.graph, 3);
  agent.pool.start();
  await until('Sync', () => same(agent.graph, analyzer.graph) && analyzer.graph.nodeCount === 4);
  agent.graph.addNode({ ID: 'new', Metadata: { Name: 'n', Type: 'veth', 'é<&>': '\u2028' } });
  agent.graph.update('node', 'new', { set: { State: 'UP', 'A.B': [1, { c: null }] }, delete: ['Type'] });
  agent.graph.setMetadata('node', 'if1', { Name: 'replaced' });
  agent.graph.addTopologyLink('if0', 'new', 'layer2');
  agent.graph.addMetadata('edge', agent.graph.firstLink('if0', 'new')!.ID, 'Type', 'veth');
  agent.graph.deleteNode('if2');
  await until('changes', () => same(agent.graph, analyzer.graph));
  assert.deepEqual(analyzer.graph.getNode('if1')?.Metadata, { Name: 'replaced' });
  assert.equal(analyzer.graph.getNode('if2'), undefined);
});

test('a large graph is taken over in pieces', async (t) => {
  const analyzer = await startAnalyzer(t);
  const agent = startAgent(t, [analyzer.port]);
  fill(agent.graph, 3000);
  agent.pool.start();
  await until('Sync', () => same(agent.graph, analyzer.graph));
  assert.equal(analyzer.graph.edgeCount, 3000);
});

test("an agent that leaves takes its nodes along, with others' edges at them; other nodes stay", async (t) => {
  const analyzer = await startAnalyzer(t);
  const agent = startAgent(t, [analyzer.port]);
  fill(agent.graph, 2);
  agent.pool.start();
  analyzer.graph.addNode({ ID: 'own', Metadata: { Name: 'fabric', Type: 'device' } });
  await until('Sync', () => analyzer.graph.nodeCount === 4);
  analyzer.graph.addTopologyLink('own', 'if0', 'layer2');
  agent.pool.stop();
  await until('deletion', () => analyzer.graph.nodeCount === 1);
  assert.ok(analyzer.graph.getNode('own'));
  assert.equal(analyzer.graph.edgeCount, 0);
});

test('an analyzer that stops deletes nothing', async (t) => {
  const analyzer = await startAnalyzer(t);
  const agent = startAgent(t, [analyzer.port]);
  fill(agent.graph, 2);
  agent.pool.start();
  await until('Sync', () => analyzer.graph.nodeCount === 3);
  analyzer.stop();
  await until('the end', () => analyzer.endpoint.speakers.size === 0 && agent.pool.speakers.size === 0);
  assert.equal(analyzer.graph.nodeCount, 3);
});

test('a second Sync changes only what differs', async (t) => {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const first = await startAnalyzer(t, { graph });
  const agent = startAgent(t, [first.port]);
  fill(agent.graph, 5);
  agent.pool.start();
  await until('Sync', () => same(agent.graph, graph));
  // What an analyzer finds in its history when it starts again: the graph as it was, while the agent went on.
  const kept = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  for (const node of graph.nodes()) kept.applyNodeAdded(node);
  for (const edge of graph.edges()) kept.applyEdgeAdded(edge);
  kept.addNode({ ID: 'own' });
  kept.link('own', 'if0', { RelationType: 'layer2' }, 'own-if0');
  first.stop();
  agent.graph.deleteNode('if1');
  agent.graph.update('node', 'if2', { set: { MTU: 9000 } });
  agent.graph.addNode({ ID: 'if9', Metadata: { Name: 'eth9' } });
  agent.graph.unlink('host', 'if3');
  const again = await startAnalyzer(t, { port: first.port, graph: kept });
  const owned = (id: string) => graph.firstLink('host', id)!.ID;
  const expected = [
    `edgeDeleted ${owned('if1')}`,
    'nodeDeleted if1',
    `edgeDeleted ${owned('if3')}`,
    'nodeUpdated if2',
    'nodeAdded if9',
  ];
  await until('Sync', () => again.events.length >= expected.length);
  assert.deepEqual([...again.events].sort(), [...expected].sort());
  assert.ok(kept.getEdge('own-if0'), 'the edge of another origin stays');
  assert.equal(kept.getNode('if2')?.Metadata['MTU'], 9000);
});

test('a node that comes back with the same ID and another life is replaced', async (t) => {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  graph.applyNodeAdded({
    ID: 'host',
    Metadata: { Name: 'old' },
    Host: 'agent1',
    Origin: 'agent.agent1',
    CreatedAt: 1,
    UpdatedAt: 2,
    DeletedAt: null,
    Revision: 50,
  });
  const analyzer = await startAnalyzer(t, { graph });
  const agent = startAgent(t, [analyzer.port]);
  agent.graph.addNode({ ID: 'host', Metadata: { Name: 'new' } });
  agent.pool.start();
  await until('Sync', () => same(agent.graph, graph));
  assert.deepEqual(analyzer.events, ['nodeDeleted host', 'nodeAdded host']);
});

test('one analyzer is told; another takes over when it is lost, and the agent comes back to the first', async (t) => {
  const first = await startAnalyzer(t, { host: 'an1' });
  const agent = startAgent(t, [first.port]);
  fill(agent.graph, 2);
  agent.pool.start();
  await until('Sync', () => same(agent.graph, first.graph));
  const second = await startAnalyzer(t, { host: 'an2' });
  const both = startAgent(t, [first.port, second.port], 'agent2');
  fill(both.graph, 1, 'b-');
  both.pool.start();
  await until('both connections', () => both.pool.speakers.size === 2);
  const [master, other] = both.forwarder.master!.peer.host === 'an1' ? [first, second] : [second, first];
  await until('Sync', () => master.graph.getNode('b-if0') !== undefined);
  assert.equal(other.graph.getNode('b-if0'), undefined);
  const status = both.forwarder.status();
  assert.deepEqual(
    Object.entries(status)
      .map(([host, { IsMaster, RemoteServiceType }]) => [host, IsMaster, RemoteServiceType])
      .sort(),
    [
      ['an1', master === first, 'analyzer'],
      ['an2', master === second, 'analyzer'],
    ],
  );
  master.stop();
  await until('take-over', () => other.graph.getNode('b-if0') !== undefined);
  both.graph.addNode({ ID: 'later' });
  await until('changes', () => other.graph.getNode('later') !== undefined);
  const back = await startAnalyzer(t, { port: master.port, host: 'an9' });
  await until('reconnection', () => both.pool.speakers.size === 2);
  both.graph.addNode({ ID: 'last' });
  await until('changes', () => other.graph.getNode('last') !== undefined);
  assert.equal(back.graph.getNode('b-if0'), undefined, 'only the master is told');
  assert.notEqual(both.forwarder.master?.peer.host, 'an9');
});
