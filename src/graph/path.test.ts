// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from './filter.js';
import { Graph } from './graph.js';
import { namespaceOf, shortestPath } from './path.js';
import { allElements, difference, subgraph, tidsByHost } from './subgraph.js';

const byName = (value: string): Filter => ({ kind: 'term', key: 'Name', value });
const layer2: Filter = { kind: 'term', key: 'RelationType', value: 'layer2' };

/** host owns ns and eth, ns owns veth; eth – br – veth by layer2. */
function makeGraph(): Graph {
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const node = (ID: string, Type: string, more = {}) =>
    graph.addNode({ ID, Metadata: { Name: ID, Type, ...more } });
  node('host', 'host', { TID: 't-host' });
  node('ns', 'netns', { Path: '/run/ns' });
  node('eth', 'device', { TID: 't-eth' });
  node('veth', 'veth');
  node('br', 'bridge');
  node('alone', 'device');
  graph.addOwnership('host', 'ns');
  graph.addOwnership('host', 'eth');
  graph.addOwnership('ns', 'veth');
  graph.addTopologyLink('br', 'eth', 'layer2');
  graph.addTopologyLink('br', 'veth', 'layer2');
  return graph;
}

const idsOf = (elements: readonly { ID: string }[]) => elements.map(({ ID }) => ID);

test('the shortest path ignores directions and keeps to edges that pass', () => {
  const graph = makeGraph();
  assert.deepEqual(idsOf(shortestPath(graph, 'eth', byName('veth'))), ['eth', 'br', 'veth']);
  assert.deepEqual(idsOf(shortestPath(graph, 'eth', byName('eth'))), ['eth']);
  assert.deepEqual(shortestPath(graph, 'eth', byName('ns'), layer2), []);
  assert.deepEqual(shortestPath(graph, 'eth', byName('alone')), []);
  assert.deepEqual(shortestPath(graph, 'nobody', byName('eth')), []);
});

test('of several targets the nearest is taken', () => {
  const graph = makeGraph();
  const filter: Filter = { kind: 'or', filters: [byName('ns'), byName('host')] };
  assert.deepEqual(idsOf(shortestPath(graph, 'veth', filter)), ['veth', 'ns']);
});

test('the namespace of a node is on its way to the host', () => {
  const graph = makeGraph();
  assert.deepEqual(namespaceOf(graph, 'veth'), { name: 'ns', path: '/run/ns' });
  assert.deepEqual(namespaceOf(graph, 'eth'), { name: '', path: '' });
  assert.throws(() => namespaceOf(graph, 'alone'), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('a subgraph has the edges with both ends in it', () => {
  const graph = makeGraph();
  const { nodes, edges } = subgraph(graph, ['host', 'eth', 'br', 'nobody']);
  assert.deepEqual(idsOf(nodes), ['host', 'eth', 'br']);
  assert.deepEqual(edges.map(({ Parent, Child }) => `${Parent} ${Child}`).sort(), ['br eth', 'host eth']);
  assert.equal(subgraph(graph, ['host', 'eth', 'br'], layer2).edges.length, 1);
});

test('a difference is of IDs, not of content', () => {
  const graph = makeGraph();
  const before = allElements(graph);
  graph.deleteNode('ns');
  graph.addNode({ ID: 'new' });
  graph.addMetadata('node', 'eth', 'MTU', 9000);
  const found = difference(before, allElements(graph));
  assert.deepEqual(idsOf(found.addedNodes), ['new']);
  assert.deepEqual(idsOf(found.removedNodes), ['ns']);
  assert.deepEqual(found.addedEdges, []);
  assert.equal(found.removedEdges.length, 2);
});

test('topology ids are grouped by host', () => {
  assert.deepEqual([...tidsByHost(makeGraph().nodes())], [['h', ['t-host', 't-eth']]]);
});
