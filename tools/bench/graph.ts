// SPDX-License-Identifier: Apache-2.0
// The graph by itself: insertion with the default indexes, memory, and the primitives that queries are made of.
// `node --expose-gc out/tools/bench/graph.js` or `npm run bench -- graph`.

import { pathToFileURL } from 'node:url';
import { decodeEdge, decodeNode } from '../../src/graph/codec.js';
import type { Filter } from '../../src/graph/filter.js';
import { Graph } from '../../src/graph/graph.js';
import type { GraphView } from '../../src/graph/view.js';
import { median, type Row } from './row.js';

/** Elements of one host: itself, 7 namespaces, 52 interfaces, 20 veths in the namespaces, 20 pods; as many edges. */
const nodesPerHost = 100;

function* hostElements(host: number): Generator<{ node: string } | { edge: string }> {
  const name = `host-${host}`;
  const mac = (index: number) =>
    `02:${[host >> 16, host >> 8, host, index >> 8, index].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':')}`;
  const id = (index: number) =>
    `${host.toString(16).padStart(8, '0')}-0000-5000-6000-${index.toString(16).padStart(12, '0')}`;
  const common = `"Host":"${name}","Origin":"agent.${name}","CreatedAt":1700000000000,"UpdatedAt":1700000000000,"DeletedAt":null,"Revision":1`;
  const node = (index: number, type: string, label: string) => ({
    node: `{"ID":"${id(index)}","Metadata":{"Name":"${label}","Type":"${type}","TID":"${id(index).replace('6000', '4fff')}","MAC":"${mac(index)}","State":"${index % 9 === 0 ? 'DOWN' : 'UP'}","Driver":"${type === 'device' ? 'virtio_net' : 'veth'}","MTU":${1500 + (index % 7)},"IfIndex":${index},"Speed":10000,"EncapType":"ether","IPV4":["10.${host >> 8}.${host & 255}.${index}/24"],"ParentIndex":${index % 50}},${common}}`,
  });
  const edge = (index: number, parent: string, child: string, relation: string) => ({
    edge: `{"ID":"${id(index).replace('6000', '7000')}","Metadata":{"RelationType":"${relation}"},${common},"Parent":"${parent}","Child":"${child}"}`,
  });
  yield node(0, 'host', name);
  for (let i = 1; i < nodesPerHost; i++) {
    if (i <= 7) yield node(i, 'netns', `ns${i}`);
    else if (i <= 59) yield node(i, 'device', `eth${(host * 52 + i) % 100}`);
    else if (i <= 79) yield node(i, 'veth', `veth${host.toString(36)}${i}`);
    else yield node(i, 'pod', `pod-${host.toString(36)}-${i}`);
    yield edge(i, i > 59 && i <= 79 ? id((i % 7) + 1) : id(0), id(i), 'ownership');
  }
  if (host > 0)
    yield edge(0, id(0), id(8).replace(/^.{8}/, (host - 1).toString(16).padStart(8, '0')), 'layer2');
}

function* elements(nodeCount: number): Generator<{ node: string } | { edge: string }> {
  for (let host = 0; host < nodeCount / nodesPerHost; host++) yield* hostElements(host);
}

function makeGraph(): Graph {
  return new Graph({ host: 'analyzer', origin: 'analyzer.analyzer' });
}

function fill(nodeCount: number): Graph {
  const graph = makeGraph();
  for (const element of elements(nodeCount)) {
    if ('node' in element) graph.applyNodeAdded(decodeNode(JSON.parse(element.node)));
    else graph.applyEdgeAdded(decodeEdge(JSON.parse(element.edge)));
  }
  return graph;
}

function used(): number {
  if (global.gc === undefined) throw new Error('run with node --expose-gc');
  global.gc();
  global.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Nodes and edges per second into a new graph; the best of some runs, as collection of garbage is not ours. */
function insertion(nodeCount: number): Row[] {
  const best = { nodes: 0, edges: 0, nodeCpu: Number.POSITIVE_INFINITY, edgeCpu: Number.POSITIVE_INFINITY };
  for (let run = 0; run < 5; run++) {
    const given = [...elements(nodeCount)];
    const nodes = given.flatMap((element) =>
      'node' in element ? [decodeNode(JSON.parse(element.node))] : [],
    );
    const edges = given.flatMap((element) =>
      'edge' in element ? [decodeEdge(JSON.parse(element.edge))] : [],
    );
    given.length = 0;
    used();
    const graph = makeGraph();
    const cpuAtStart = cpuMs();
    const start = performance.now();
    for (const { ID, Metadata, Host, Origin } of nodes) graph.addNode({ ID, Metadata, Host, Origin });
    const middle = performance.now();
    const cpuInTheMiddle = cpuMs();
    for (const { ID, Metadata, Parent, Child } of edges) graph.addEdge({ ID, Metadata, Parent, Child });
    const end = performance.now();
    best.nodeCpu = Math.min(best.nodeCpu, ((cpuInTheMiddle - cpuAtStart) * 1000) / nodes.length);
    best.edgeCpu = Math.min(best.edgeCpu, ((cpuMs() - cpuInTheMiddle) * 1000) / edges.length);
    best.nodes = Math.max(best.nodes, nodes.length / (middle - start) / 1000);
    best.edges = Math.max(best.edges, edges.length / (end - middle) / 1000);
  }
  const label = `insert with default indexes, ${nodeCount} nodes`;
  return [
    {
      measure: `${label}, nodes`,
      value: `${best.nodes.toFixed(2)} M/s`,
      goal: '≥ 0.5 M/s',
      cpu: `${best.nodeCpu.toFixed(2)} µs each`,
    },
    {
      measure: `${label}, edges`,
      value: `${best.edges.toFixed(2)} M/s`,
      goal: '≥ 0.5 M/s',
      cpu: `${best.edgeCpu.toFixed(2)} µs each`,
    },
  ];
}

/** Changes of one key per second, each a revision; without and with a view that is open meanwhile. */
function updates(nodeCount: number): Row[] {
  const graph = fill(nodeCount);
  const ids = Array.from(graph.nodes(), ({ ID }) => ID);
  const rate = (mtu: number): string => {
    const start = performance.now();
    for (const id of ids) graph.update('node', id, { set: { MTU: mtu } });
    return `${(ids.length / (performance.now() - start) / 1000).toFixed(2)} M/s`;
  };
  for (let mtu = 1; mtu < 5; mtu++) rate(mtu);
  const plain = rate(9000);
  const view = graph.view();
  const viewed = rate(9001);
  view.release();
  const label = `update one of 12 keys, ${nodeCount} nodes`;
  return [
    { measure: label, value: plain, goal: '≥ 0.02 M/s' },
    { measure: `${label}, a view open`, value: viewed, goal: '≥ 0.02 M/s' },
  ];
}

/** Median of runs in milliseconds, after some that warm up; a view each, as queries do. */
function time(graph: Graph, run: (view: GraphView) => number): { ms: number; count: number; first: number } {
  const times: number[] = [];
  let count = 0;
  for (let i = 0; i < 25; i++) {
    const start = performance.now();
    const view = graph.view();
    count = run(view);
    view.release();
    times.push(performance.now() - start);
  }
  return { ms: median(times.slice(5)), count, first: times[0]! };
}

const term = (key: string, value: string | number): Filter => ({ kind: 'term', key, value });

const hasName = (view: GraphView) => view.select('node', term('Name', 'host-42')).length;

function twoHops(view: GraphView, start: Uint32Array): number {
  let count = 0;
  for (const host of start) {
    for (const edge of view.edgesOf(host, 'out')) count += view.edgesOf(view.childOf(edge), 'out').length;
  }
  return count;
}

const primitives: readonly [string, (view: GraphView) => number, string, string][] = [
  ['Has(Name, host-42)', hasName, '≤ 0.05', '≤ 0.1'],
  ['Has(Type, veth) count', (view) => view.select('node', term('Type', 'veth')).length, '≤ 0.5', '≤ 5'],
  [
    'Has(Name, Regex(eth.*7))',
    (view) => view.select('node', { kind: 'regex', key: 'Name', pattern: 'eth.*7' }).length,
    '≤ 2',
    '≤ 25',
  ],
  ['Has(IfIndex, 42), no column', (view) => view.select('node', term('IfIndex', 42)).length, '≤ 5', '≤ 60'],
  [
    'Has(Type, host), two hops out',
    (view) => twoHops(view, view.select('node', term('Type', 'host'))),
    '≤ 5',
    '≤ 60',
  ],
  [
    'Has(Name, host-42), two hops out',
    (view) => twoHops(view, view.select('node', term('Name', 'host-42'))),
    '≤ 0.9',
    '≤ 1.4',
  ],
];

function size(nodeCount: number, goal: 2 | 3): Row[] {
  const label = nodeCount >= 1e6 ? `${nodeCount / 1e6}M` : `${nodeCount / 1000}k`;
  const before = used();
  const graph = fill(nodeCount);
  const bytes = (used() - before) / nodeCount;
  const rows: Row[] = [
    {
      measure: `${label}: a node with 12 keys and its edge`,
      value: `${bytes.toFixed(0)} B`,
      goal: '≤ 1200 B',
    },
  ];
  for (const primitive of primitives) {
    const { ms, count, first } = time(graph, primitive[1]);
    rows.push({
      measure: `${label}: ${primitive[0]} → ${count}`,
      value: `${ms.toFixed(3)} ms (first ${first.toFixed(1)})`,
      goal: `${primitive[goal]} ms`,
    });
  }
  return rows;
}

export async function run(): Promise<Row[]> {
  return [...insertion(100_000), ...updates(100_000), ...size(100_000, 2), ...size(1_000_000, 3)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await run())
    process.stdout.write(`${row.measure}\t${row.value}\t${row.goal}\t${row.cpu ?? ''}\n`);
}
