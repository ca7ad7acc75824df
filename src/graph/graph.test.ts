// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphEvent } from './event.js';
import { Graph } from './graph.js';

function makeGraph(): { graph: Graph; events: GraphEvent[]; tick: () => void } {
  let now = 1000;
  const graph = new Graph({ host: 'h', origin: 'agent.h', now: () => now });
  const events: GraphEvent[] = [];
  graph.on((event) => events.push(event));
  return { graph, events, tick: () => now++ };
}

test('a new node gets host, origin, times and revision of the graph', () => {
  const { graph, events } = makeGraph();
  const node = graph.addNode({ ID: 'n', Metadata: { Name: 'x' } });
  assert.deepEqual(node, {
    ID: 'n',
    Metadata: { Name: 'x' },
    Host: 'h',
    Origin: 'agent.h',
    CreatedAt: 1000,
    UpdatedAt: 1000,
    DeletedAt: null,
    Revision: 1,
  });
  assert.deepEqual(events, [{ type: 'nodeAdded', node }]);
  assert.throws(() => graph.addNode({ ID: 'n' }), { code: 'SKY_E_GRAPH_DUPLICATE' });
});

test('an edge needs both its ends', () => {
  const { graph } = makeGraph();
  graph.addNode({ ID: 'a' });
  assert.throws(() => graph.addEdge({ Parent: 'a', Child: 'b' }), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('deleting a node tells of its edges first', () => {
  const { graph, events, tick } = makeGraph();
  graph.addNode({ ID: 'a' });
  graph.addNode({ ID: 'b' });
  graph.addEdge({ ID: 'ab', Parent: 'a', Child: 'b' });
  graph.addEdge({ ID: 'loop', Parent: 'a', Child: 'a' });
  events.length = 0;
  tick();
  graph.deleteNode('a');
  const told = events.map((event) => [event.type, 'node' in event ? event.node.ID : event.edge.ID]);
  assert.deepEqual(
    [told.slice(0, 2).sort(), told.slice(2)],
    [
      [
        ['edgeDeleted', 'ab'],
        ['edgeDeleted', 'loop'],
      ],
      [['nodeDeleted', 'a']],
    ],
  );
  for (const event of events) assert.equal(('node' in event ? event.node : event.edge).DeletedAt, 1001);
  assert.equal(graph.edgeCount, 0);
});

test('a view stays as it was while the graph changes', () => {
  const { graph } = makeGraph();
  graph.addNode({ ID: 'a', Metadata: { Name: 'x' } });
  graph.addNode({ ID: 'b' });
  graph.addEdge({ ID: 'ab', Parent: 'a', Child: 'b' });
  const view = graph.view();
  graph.addMetadata('node', 'a', 'Name', 'y');
  graph.deleteNode('b');
  graph.addNode({ ID: 'b' });
  graph.addNode({ ID: 'c', Metadata: { Name: 'x' } });
  const a = view.nodeById('a');
  assert.equal(view.nodeCount, 2);
  assert.deepEqual([...view.select('node', { kind: 'term', key: 'Name', value: 'x' })], [a]);
  assert.equal(view.node(a).Metadata['Name'], 'x');
  const [edge] = view.edgesOf(a, 'out');
  assert.equal(view.edge(edge!).ID, 'ab');
  assert.equal(view.node(view.childOf(edge!)).ID, 'b');
  assert.equal(view.nodeById('c'), -1);
  view.release();
  assert.equal(graph.view().nodeCount, 3);
});
