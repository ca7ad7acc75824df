// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge, ElementKind, MetadataMap, MetadataValue, Node } from './element.js';
import type { GraphEvent, Operation } from './event.js';
import { Graph } from './graph.js';
import type { Changes } from './operations.js';
import { makeEdge, makeNode } from './revision.js';

interface Setup {
  readonly graph: Graph;
  readonly events: GraphEvent[];
  readonly clock: { now: number };
}

/** a –ab→ b with the metadata on a and ab, at time 1000; then the clock stands at 2000 and no event is recorded yet. */
function makeGraph(Metadata: MetadataMap = {}): Setup {
  const clock = { now: 1000 };
  const graph = new Graph({ host: 'h', origin: 'agent.h', now: () => clock.now });
  graph.addNode({ ID: 'a', Metadata });
  graph.addNode({ ID: 'b' });
  graph.addEdge({ ID: 'ab', Parent: 'a', Child: 'b', Metadata });
  clock.now = 2000;
  const events: GraphEvent[] = [];
  graph.on((event) => events.push(event));
  return { graph, events, clock };
}

const text = (event: GraphEvent) => `${event.type} ${'node' in event ? event.node.ID : event.edge.ID}`;
const idsOf = (elements: readonly { ID: string }[]) => elements.map(({ ID }) => ID).sort();
const get = (graph: Graph, kind: ElementKind) =>
  kind === 'node' ? graph.getNode('a')! : graph.getEdge('ab')!;
const idOf = { node: 'a', edge: 'ab' } as const;

test('a new node gets host, origin, times and revision of the graph', () => {
  const { graph, events } = makeGraph();
  const node = graph.addNode({ ID: 'n', Metadata: { Name: 'x' } });
  assert.deepEqual(node, {
    ID: 'n',
    Metadata: { Name: 'x' },
    Host: 'h',
    Origin: 'agent.h',
    CreatedAt: 2000,
    UpdatedAt: 2000,
    DeletedAt: null,
    Revision: 1,
  });
  assert.deepEqual(events, [{ type: 'nodeAdded', node }]);
  assert.deepEqual(graph.addNode({ Host: '', Origin: 'x' }).Metadata, {});
});

test('a taken ID is a conflict, a missing end is an error, and nothing changes', () => {
  const { graph, events } = makeGraph();
  assert.throws(() => graph.addNode({ ID: 'a' }), { code: 'SKY_E_GRAPH_DUPLICATE' });
  assert.throws(() => graph.addEdge({ ID: 'ab', Parent: 'a', Child: 'b' }), {
    code: 'SKY_E_GRAPH_DUPLICATE',
  });
  assert.throws(() => graph.addEdge({ Parent: 'a', Child: 'x' }), {
    code: 'SKY_E_GRAPH_NOT_FOUND',
    message: /node x, the child/,
  });
  assert.throws(() => graph.addEdge({ Parent: 'x', Child: 'a' }), { code: 'SKY_E_GRAPH_NOT_FOUND' });
  assert.deepEqual([graph.nodeCount, graph.edgeCount, events], [2, 1, []]);
});

test('nodes and edges are separate key spaces; several edges and loops are allowed', () => {
  const { graph } = makeGraph();
  graph.addEdge({ ID: 'a', Parent: 'a', Child: 'b' });
  graph.addEdge({ ID: 'loop', Parent: 'a', Child: 'a' });
  assert.deepEqual(idsOf(graph.edgesOf('a')), ['a', 'ab', 'loop']);
});

const set = (key: string, value: MetadataValue): Operation => ({ type: 'set', key, value });
const del = (key: string): Operation => ({ type: 'delete', key });

type Change = (graph: Graph, kind: ElementKind) => boolean;
const replaceWith =
  (metadata: MetadataMap): Change =>
  (graph, kind) =>
    graph.setMetadata(kind, idOf[kind], metadata);
const add =
  (key: string, value: MetadataMap[string]): Change =>
  (graph, kind) =>
    graph.addMetadata(kind, idOf[kind], key, value);
const remove =
  (key: string): Change =>
  (graph, kind) =>
    graph.deleteMetadata(kind, idOf[kind], key);
const transaction =
  (changes: Changes): Change =>
  (graph, kind) =>
    graph.update(kind, idOf[kind], changes);

const before: MetadataMap = { Name: 'x', Deep: { Key: 1, Other: 2 }, List: [1] };

// What a local change makes: the metadata after and the operations told, or nothing at all.
const changes: readonly [string, Change, MetadataMap | undefined, (readonly Operation[])?][] = [
  ['replace by equal metadata', replaceWith({ List: [1], Deep: { Other: 2, Key: 1 }, Name: 'x' }), undefined],
  ['replace metadata', replaceWith({ Name: 'y' }), { Name: 'y' }],
  ['add an equal value', add('Name', 'x'), undefined],
  ['add an equal list', add('List', [1]), undefined],
  ['add another value', add('Name', 'y'), { ...before, Name: 'y' }, [set('Name', 'y')]],
  ['add below a scalar', add('Name.x', 1), undefined],
  ['add below a list', add('List.x', 1), undefined],
  ['add a path', add('A.B', 1), { ...before, A: { B: 1 } }, [set('A.B', 1)]],
  [
    'add an equal value at a path, which counts as a change',
    add('Deep.Key', 1),
    before,
    [set('Deep.Key', 1)],
  ],
  ['delete what is absent', remove('Missing.x'), undefined],
  ['delete a path', remove('Deep.Key'), { ...before, Deep: { Other: 2 } }, [del('Deep.Key')]],
  ['an empty transaction', transaction({}), undefined],
  [
    'a transaction without effect',
    transaction({ set: { Name: 'x', 'Deep.Key': 1, 'Name.x': 1 }, delete: ['Missing'] }),
    undefined,
  ],
  [
    'a transaction: sets, then deletes, only the effective ones',
    transaction({
      set: { Name: 'y', 'Deep.New': 3, List: [1] },
      delete: ['Deep.Key', 'Deep.Other', 'Missing'],
    }),
    { ...before, Name: 'y', Deep: { New: 3 } },
    [set('Name', 'y'), set('Deep.New', 3), del('Deep.Key'), del('Deep.Other')],
  ],
];

for (const kind of ['node', 'edge'] as const) {
  for (const [name, change, expected, ops] of changes) {
    test(`${name} (${kind})`, () => {
      const { graph, events } = makeGraph(before);
      const previous = get(graph, kind);
      assert.equal(change(graph, kind), expected !== undefined);
      const now = get(graph, kind);
      if (expected === undefined) {
        assert.equal(now, previous);
        assert.deepEqual(events, []);
        return;
      }
      assert.deepEqual(now, { ...previous, Metadata: expected, UpdatedAt: 2000, Revision: 2 });
      assert.deepEqual(previous.Metadata, before);
      const told = kind === 'node' ? { type: 'nodeUpdated', node: now } : { type: 'edgeUpdated', edge: now };
      assert.deepEqual(events, [{ ...told, previous, ...(ops && { ops }) }]);
    });
  }

  test(`a change of what is not there is an error (${kind})`, () => {
    const { graph } = makeGraph();
    for (const change of [
      () => graph.setMetadata(kind, 'x', {}),
      () => graph.addMetadata(kind, 'x', 'A', 1),
      () => graph.deleteMetadata(kind, 'x', 'A'),
      () => graph.update(kind, 'x', { set: { A: 1 } }),
    ]) {
      assert.throws(change, { code: 'SKY_E_GRAPH_NOT_FOUND' });
    }
  });
}

// Changes told by peers

const wire = (ID: string, Metadata: MetadataMap, revision: number, deletedAt: number | null = null): Node =>
  makeNode(ID, Metadata, 'peer', 'agent.peer', 10, 20, deletedAt, revision);
const wireEdge = (
  ID: string,
  Metadata: MetadataMap,
  revision: number,
  deletedAt: number | null = null,
): Edge => makeEdge(ID, Metadata, 'peer', 'agent.peer', 10, 20, deletedAt, revision, 'a', 'b');

test('an added element of a peer is taken as it is, a known one is ignored', () => {
  const { graph, events } = makeGraph();
  const node = wire('n', { Name: 'x' }, 7);
  assert.equal(graph.applyNodeAdded(node), true);
  assert.equal(graph.applyNodeAdded(wire('n', {}, 9)), false);
  assert.deepEqual(graph.getNode('n'), node);
  const edge = wireEdge('e', { RelationType: 'x' }, 7);
  assert.equal(graph.applyEdgeAdded(edge), true);
  assert.equal(graph.applyEdgeAdded(edge), false);
  assert.deepEqual(graph.getEdge('e'), edge);
  assert.throws(() => graph.applyEdgeAdded(makeEdge('f', {}, '', '', 0, 0, null, 1, 'a', 'x')), {
    code: 'SKY_E_GRAPH_NOT_FOUND',
  });
  assert.deepEqual(events.map(text), ['nodeAdded n', 'edgeAdded e']);
});

test('an update of a peer counts when its revision is newer, and the revision is kept', () => {
  const { graph, events } = makeGraph({ Name: 'x' });
  assert.equal(graph.applyNodeUpdated(wire('a', { Name: 'y' }, 1)), false);
  assert.equal(graph.applyEdgeUpdated(wireEdge('ab', { Name: 'y' }, 1)), false);
  assert.equal(graph.applyNodeUpdated(wire('a', { Name: 'y' }, 5)), true);
  assert.equal(graph.applyEdgeUpdated(wireEdge('ab', { Name: 'y' }, 5)), true);
  for (const element of [graph.getNode('a')!, graph.getEdge('ab')!]) {
    assert.deepEqual(
      [element.Metadata, element.Host, element.CreatedAt, element.UpdatedAt, element.Revision],
      [{ Name: 'y' }, 'h', 1000, 20, 5],
    );
  }
  assert.deepEqual(events.map(text), ['nodeUpdated a', 'edgeUpdated ab']);
  assert.ok(events.every((event) => !('ops' in event)));
  assert.throws(() => graph.applyNodeUpdated(wire('x', {}, 5)), { code: 'SKY_E_GRAPH_NOT_FOUND' });
  assert.throws(() => graph.applyEdgeUpdated(wireEdge('x', {}, 5)), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('a partial update applies its operations in order and skips a set that fails', () => {
  const { graph, events } = makeGraph({ Name: 'x', A: 1 });
  const ops: Operation[] = [del('A'), set('A.B', 1), set('Name.x', 1), del('Missing')];
  assert.equal(graph.applyNodePartiallyUpdated('a', 1, 20, ops), false);
  assert.equal(graph.applyNodePartiallyUpdated('a', 3, 20, ops), true);
  assert.equal(graph.applyEdgePartiallyUpdated('ab', 3, 20, ops), true);
  for (const element of [graph.getNode('a')!, graph.getEdge('ab')!]) {
    assert.deepEqual(
      [element.Metadata, element.UpdatedAt, element.Revision],
      [{ Name: 'x', A: { B: 1 } }, 20, 3],
    );
  }
  assert.deepEqual(
    events.map((event) => 'ops' in event && event.ops),
    [ops, ops],
  );
  assert.throws(() => graph.applyNodePartiallyUpdated('x', 3, 20, ops), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('a deletion by a peer takes the edges with it, at the time of the message', () => {
  const { graph, events } = makeGraph();
  const gone = wire('a', {}, 9, 1500);
  graph.applyNodeDeleted(gone);
  assert.deepEqual(events.map(text), ['edgeDeleted ab', 'nodeDeleted a']);
  const [edgeDeleted, nodeDeleted] = events;
  assert.equal(edgeDeleted?.type === 'edgeDeleted' && edgeDeleted.edge.DeletedAt, 1500);
  assert.equal(nodeDeleted?.type === 'nodeDeleted' && nodeDeleted.node, gone);
  assert.throws(() => graph.applyNodeDeleted(gone), { code: 'SKY_E_GRAPH_NOT_FOUND' });
  assert.throws(() => graph.applyEdgeDeleted(wireEdge('ab', {}, 1)), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('the deletion of an edge by a peer tells the message of the peer', () => {
  const { graph, events } = makeGraph();
  const gone = wireEdge('ab', {}, 9, 1500);
  graph.applyEdgeDeleted(gone);
  assert.deepEqual(events, [{ type: 'edgeDeleted', edge: gone }]);
  assert.deepEqual(graph.edgesOf('a'), []);
});

// Deletion

test('deleting a node tells of its edges first, with one time and no new revision', () => {
  const { graph, events } = makeGraph();
  graph.addEdge({ ID: 'loop', Parent: 'a', Child: 'a' });
  events.length = 0;
  assert.equal(graph.deleteNode('a'), true);
  assert.equal(graph.deleteNode('a'), false);
  assert.deepEqual(events.slice(0, 2).map(text).sort(), ['edgeDeleted ab', 'edgeDeleted loop']);
  assert.deepEqual(events.slice(2).map(text), ['nodeDeleted a']);
  for (const event of events) {
    const { DeletedAt, Revision } = 'node' in event ? event.node : event.edge;
    assert.deepEqual([DeletedAt, Revision], [2000, 1]);
  }
  assert.deepEqual([graph.nodeCount, graph.edgeCount], [1, 0]);
});

test('a node that a listener links again while it goes loses that edge too', () => {
  const { graph } = makeGraph();
  let links = 0;
  graph.on((event) => {
    if (event.type === 'edgeDeleted' && links++ === 0) graph.link('b', 'a', {});
  });
  graph.deleteNode('a');
  assert.deepEqual([graph.nodeCount, graph.edgeCount], [1, 0]);
});

test('an origin is deleted by its nodes, whatever the origin of their edges', () => {
  const { graph, events } = makeGraph();
  graph.addNode({ ID: 'x', Origin: 'agent.other' });
  graph.addNode({ ID: 'y', Origin: 'agent.other' });
  graph.addEdge({ ID: 'xa', Parent: 'x', Child: 'a', Origin: 'analyzer.h' });
  graph.addEdge({ ID: 'stays', Parent: 'a', Child: 'b', Origin: 'agent.other' });
  events.length = 0;
  assert.equal(graph.deleteOrigin('agent.other'), 2);
  assert.deepEqual(idsOf([...graph.nodes()]), ['a', 'b']);
  assert.deepEqual(idsOf([...graph.edges()]), ['ab', 'stays']);
  assert.equal(graph.deleteNodes({ kind: 'term', key: 'Name', value: 'nobody' }), 0);
});

// Links and look-ups

test('a node has one owner at most', () => {
  const { graph, events } = makeGraph();
  graph.addNode({ ID: 'c' });
  graph.addOwnership('a', 'c');
  events.length = 0;
  graph.addOwnership('a', 'c');
  assert.deepEqual(events, []);
  const edge = graph.addOwnership('b', 'c');
  assert.deepEqual(idsOf(graph.edgesOf('c')), [edge.ID]);
  assert.deepEqual(edge.Metadata, { RelationType: 'ownership' });
});

test('a topology link is made once and may have more metadata', () => {
  const { graph } = makeGraph();
  const edge = graph.addTopologyLink('a', 'b', 'layer2', { Type: 'veth' });
  assert.deepEqual(edge.Metadata, { RelationType: 'layer2', Type: 'veth' });
  assert.equal(graph.addTopologyLink('a', 'b', 'layer2'), edge);
});

test('unlink deletes every edge between two nodes, in either direction', () => {
  const { graph } = makeGraph();
  graph.addNode({ ID: 'c' });
  graph.link('b', 'a', {});
  const other = graph.link('a', 'c', {});
  assert.equal(graph.unlink('a', 'b'), 2);
  assert.deepEqual(idsOf([...graph.edges()]), [other.ID]);
});

test('look-ups go by filters of nodes and of edges', () => {
  const { graph } = makeGraph({ Name: 'x' });
  graph.addNode({ ID: 'c', Metadata: { Name: 'x' } });
  graph.addEdge({ ID: 'ac', Parent: 'a', Child: 'c', Metadata: { RelationType: 'layer2' } });
  const named = { kind: 'term', key: 'Name', value: 'x' } as const;
  const layer2 = { kind: 'term', key: 'RelationType', value: 'layer2' } as const;
  assert.deepEqual(idsOf(graph.lookupNodes(named)), ['a', 'c']);
  assert.equal(graph.lookupNodes().length, 3);
  assert.equal(graph.lookupFirstNode(layer2), undefined);
  assert.equal(graph.lookupFirstNode({ kind: 'null', key: 'Name' })?.ID, 'b');
  assert.deepEqual(idsOf(graph.children('a')), ['b', 'c']);
  assert.deepEqual(idsOf(graph.children('a', named)), ['c']);
  assert.deepEqual(idsOf(graph.children('a', undefined, layer2)), ['c']);
  assert.deepEqual(idsOf(graph.parents('c')), ['a']);
  assert.deepEqual(graph.parents('a'), []);
  assert.equal(graph.areLinked('b', 'a'), true);
  assert.equal(graph.areLinked('b', 'a', layer2), false);
  assert.equal(graph.firstLink('a', 'c')?.ID, 'ac');
  assert.equal(graph.firstLink('c', 'a'), undefined);
});

test('the live graph knows no past', () => {
  const { graph } = makeGraph();
  const slice = { start: 0, last: 1 };
  assert.throws(() => graph.view({ kind: 'instant', slice }), { code: 'SKY_E_NO_HISTORY' });
});

test('a view stays as it was while the graph changes', () => {
  const { graph } = makeGraph({ Name: 'x' });
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
