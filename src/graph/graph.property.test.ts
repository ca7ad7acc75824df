// SPDX-License-Identifier: Apache-2.0
// Views against a naive model: plain lists that are copied when a view is taken, and filters evaluated one element at
// a time. Whatever is written while a view is open, it has to answer as the copy does. And a second graph that is told
// what happens in the first, as peers are, has to become its equal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeEdge, decodeNode, encodeElement } from './codec.js';
import type { Edge, Element, MetadataValue, Node } from './element.js';
import type { GraphEvent } from './event.js';
import type { Filter } from './filter.js';
import { Graph } from './graph.js';
import { compile } from './match.js';
import { snapshotView } from './snapshot.js';
import type { Direction, GraphView } from './view.js';

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const scalar: fc.Arbitrary<MetadataValue> = fc.constantFrom('x', 'y', 'xy', '1', 1, 2, 1.5, true, null);
const value: fc.Arbitrary<MetadataValue> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant({ Inner: 'x' }) },
);
// Name and Type are columns, MTU and Deep.Key are not.
const key = fc.constantFrom('Name', 'Type', 'MTU', 'Deep.Key', 'Name.Inner', 'RelationType', '@Host');

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant('term' as const),
    key: fc.oneof(key, fc.constantFrom('Parent', '@ID')),
    value: fc.constantFrom('x', 'y', '1', 1, 2, true, 'a', 'h'),
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    key,
    op: fc.constantFrom('gt' as const, 'lte' as const),
    value: fc.constantFrom(0, 1, 2),
  }),
  fc.record({ kind: fc.constant('regex' as const), key, pattern: fc.constantFrom('x', '^y', '1|xy') }),
  fc.record({ kind: fc.constant('null' as const), key }),
  key.map(
    (name): Filter => ({ kind: 'test', key: name, test: (v) => v === 'x' || v === 'y', terms: ['x', 'y'] }),
  ),
  fc.constant<Filter>({ kind: 'true' }),
);
const filter = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { weight: 4, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc
        .array(tie('filter'), { maxLength: 3 })
        .map((filters) => ({ kind: 'and' as const, filters })),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(tie('filter'), { maxLength: 3 })
        .map((filters) => ({ kind: 'or' as const, filters })),
    },
    { weight: 1, arbitrary: tie('filter').map((inner) => ({ kind: 'not' as const, filter: inner })) },
  ),
})).filter;

type Step =
  | { readonly do: 'addNode' | 'deleteNode'; readonly id: string }
  | { readonly do: 'addEdge'; readonly id: string; readonly parent: string; readonly child: string }
  | { readonly do: 'deleteEdge'; readonly id: string }
  | {
      readonly do: 'set';
      readonly kind: 'node' | 'edge';
      readonly id: string;
      readonly key: string;
      readonly value: MetadataValue;
    }
  | { readonly do: 'unset'; readonly kind: 'node' | 'edge'; readonly id: string; readonly key: string }
  | { readonly do: 'take' | 'look' | 'release' };

const id = fc.constantFrom(...ids);
const kind = fc.constantFrom('node' as const, 'edge' as const);
const settable = fc.constantFrom('Name', 'Type', 'MTU', 'Deep.Key', 'RelationType');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('addNode' as const, 'deleteNode' as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('addEdge' as const), id, parent: id, child: id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteEdge' as const), id }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), kind, id, key: settable, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unset' as const), kind, id, key: settable }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('take' as const, 'look' as const, 'release' as const) }),
  },
);

/** Does what the graph allows; false where it does not. */
function apply(graph: Graph, change: Step): void {
  switch (change.do) {
    case 'addNode':
      if (graph.getNode(change.id) === undefined) graph.addNode({ ID: change.id });
      break;
    case 'deleteNode':
      graph.deleteNode(change.id);
      break;
    case 'addEdge':
      if (
        graph.getEdge(change.id) === undefined &&
        graph.getNode(change.parent) !== undefined &&
        graph.getNode(change.child) !== undefined
      ) {
        graph.addEdge({ ID: change.id, Parent: change.parent, Child: change.child });
      }
      break;
    case 'deleteEdge':
      graph.deleteEdge(change.id);
      break;
    case 'set':
    case 'unset': {
      const known = change.kind === 'node' ? graph.getNode(change.id) : graph.getEdge(change.id);
      if (known === undefined) break;
      if (change.do === 'set') graph.update(change.kind, change.id, { set: { [change.key]: change.value } });
      else graph.deleteMetadata(change.kind, change.id, change.key);
      break;
    }
  }
}

interface Copy {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

function elementsOf(view: GraphView, of: 'node' | 'edge', handles: Uint32Array): Element[] {
  return Array.from(handles, (handle) => (of === 'node' ? view.node(handle) : view.edge(handle)));
}

const byId = (a: Element, b: Element) => (a.ID < b.ID ? -1 : 1);

/** Every answer of the view against the copy. */
function compareWith(view: GraphView, copy: Copy, filters: readonly Filter[]): void {
  assert.equal(view.nodeCount, copy.nodes.length);
  assert.equal(view.edgeCount, copy.edges.length);
  for (const of of ['node', 'edge'] as const) {
    const expected: readonly Element[] = of === 'node' ? copy.nodes : copy.edges;
    const all = of === 'node' ? view.nodes() : view.edges();
    assert.deepEqual(elementsOf(view, of, all).sort(byId), [...expected].sort(byId));
    for (const each of ids) {
      const handle = of === 'node' ? view.nodeById(each) : view.edgeById(each);
      const known = expected.find(({ ID }) => ID === each);
      assert.deepEqual(handle < 0 ? undefined : elementsOf(view, of, Uint32Array.of(handle))[0], known);
    }
    const backwards = Uint32Array.from(all).reverse();
    for (const each of filters) {
      const matches = compile(of, each);
      const wanted = expected.filter(matches).map(({ ID }) => ID);
      const whole = elementsOf(view, of, view.select(of, each)).map(({ ID }) => ID);
      assert.deepEqual([...whole].sort(), [...wanted].sort());
      // In slices, in the order of what was given.
      const half = backwards.length >> 1;
      const sliced = [backwards.subarray(0, half), backwards.subarray(half)].flatMap((slice) =>
        elementsOf(view, of, view.select(of, each, slice)),
      );
      assert.deepEqual(sliced, elementsOf(view, of, backwards).filter(matches));
    }
  }
  for (const node of copy.nodes) {
    const handle = view.nodeById(node.ID);
    for (const direction of ['out', 'in', 'both'] as Direction[]) {
      const expected = copy.edges.filter(
        ({ Parent, Child }) =>
          (direction !== 'in' && Parent === node.ID) || (direction !== 'out' && Child === node.ID),
      );
      const found = view.edgesOf(handle, direction);
      assert.deepEqual(elementsOf(view, 'edge', found).sort(byId), [...expected].sort(byId));
      for (const edge of found) {
        assert.equal(view.node(view.parentOf(edge)).ID, view.edge(edge).Parent);
        assert.equal(view.node(view.childOf(edge)).ID, view.edge(edge).Child);
      }
    }
  }
}

test('a view answers for its instant whatever is written meanwhile', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.array(filter, { minLength: 1, maxLength: 4 }),
      (steps, filters) => {
        let now = 0;
        const graph = new Graph({ host: 'h', origin: 'agent.h', now: () => now++ });
        const open: { view: GraphView; copy: Copy }[] = [];
        for (const each of steps) {
          if (each.do === 'take') {
            open.push({ view: graph.view(), copy: { nodes: [...graph.nodes()], edges: [...graph.edges()] } });
          } else if (each.do === 'look') for (const { view, copy } of open) compareWith(view, copy, filters);
          else if (each.do === 'release') {
            const [first] = open.splice(now % 2 === 0 ? 0 : open.length - 1, 1);
            first?.view.release();
          } else apply(graph, each);
        }
        const copy = { nodes: [...graph.nodes()], edges: [...graph.edges()] };
        open.push({ view: graph.view(), copy });
        for (const last of open) compareWith(last.view, last.copy, filters);
        compareWith(snapshotView({ kind: 'live' }, copy.nodes, copy.edges), copy, filters);
      },
    ),
    { numRuns: 400 },
  );
});

/** Does to the copy what a peer is told to do. */
function tell(copy: Graph, event: GraphEvent): void {
  switch (event.type) {
    case 'nodeAdded':
      copy.applyNodeAdded(decodeNode(JSON.parse(encodeElement(event.node))));
      break;
    case 'edgeAdded':
      copy.applyEdgeAdded(decodeEdge(JSON.parse(encodeElement(event.edge))));
      break;
    case 'nodeUpdated': {
      const { node, ops } = event;
      if (ops === undefined) copy.applyNodeUpdated(node);
      else copy.applyNodePartiallyUpdated(node.ID, node.Revision, node.UpdatedAt, ops);
      break;
    }
    case 'edgeUpdated': {
      const { edge, ops } = event;
      if (ops === undefined) copy.applyEdgeUpdated(edge);
      else copy.applyEdgePartiallyUpdated(edge.ID, edge.Revision, edge.UpdatedAt, ops);
      break;
    }
    case 'nodeDeleted':
      copy.applyNodeDeleted(event.node);
      break;
    case 'edgeDeleted':
      copy.applyEdgeDeleted(event.edge);
  }
}

test('a copy that is told of every event is equal', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0;
      const graph = new Graph({ host: 'h', origin: 'agent.h', now: () => now++ });
      const copy = new Graph({ host: 'other', origin: 'analyzer.other' });
      graph.on((event) => tell(copy, event));
      for (const each of steps) {
        if (each.do !== 'take' && each.do !== 'look' && each.do !== 'release') apply(graph, each);
      }
      assert.deepEqual([...copy.nodes()].sort(byId), [...graph.nodes()].sort(byId));
      assert.deepEqual([...copy.edges()].sort(byId), [...graph.edges()].sort(byId));
      for (const node of graph.nodes()) {
        assert.deepEqual([...copy.edgesOf(node.ID)].sort(byId), [...graph.edgesOf(node.ID)].sort(byId));
      }
    }),
    { numRuns: 300 },
  );
});
