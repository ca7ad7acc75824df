// SPDX-License-Identifier: Apache-2.0
// Random queries on random graphs against the plain evaluator of naive.ts. GREMLIN_RUNS sets how many (1,000; 10,000 in
// CI); a failure prints its seed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Edge, Element, Node } from '../../src/graph/element.js';
import { Graph } from '../../src/graph/graph.js';
import { snapshotView } from '../../src/graph/snapshot.js';
import type { GraphSource } from '../../src/graph/view.js';
import { GremlinError } from '../../src/gremlin/error.js';
import { parseQuery } from '../../src/gremlin/query.js';
import type { RunOptions } from '../../src/gremlin/run.js';
import { type Answer, distance, enumerated, evaluate, type Model, Refused, textOf } from './naive.js';
import { drawFrom, largeModel, randomModel, randomQuery, randomSlice } from './random-query.js';

const numRuns = Number(process.env['GREMLIN_RUNS'] ?? (process.env['CI'] === 'true' ? 10_000 : 1000));
// Unbiased: small numbers would all choose the same.
const numbers = (maxLength: number) => fc.array(fc.noBias(fc.nat(1_000_000)), { maxLength, size: 'max' });

function liveGraph({ nodes, edges }: Model): Graph {
  const graph = new Graph({ host: 'h1', origin: 'analyzer.h1' });
  for (const node of nodes) graph.applyNodeAdded(node);
  for (const edge of edges) graph.applyEdgeAdded(edge);
  return graph;
}

/** The same, of a graph in which others have come and gone: handles are used again, out of order. */
function usedGraph({ nodes, edges }: Model, draw: (below: number) => number): Graph {
  const graph = new Graph({ host: 'h1', origin: 'analyzer.h1' });
  const others: string[] = [];
  const comeAndGo = (): void => {
    if (draw(2) === 0) {
      const ID = `other${others.length}`;
      graph.addNode({ ID, Metadata: { Name: 'other', Type: 'other' } });
      if (others[0] !== undefined) graph.addEdge({ ID, Parent: others[0], Child: ID, Metadata: {} });
      others.push(ID);
    } else if (others.length > 1) graph.deleteNode(others.pop()!);
  };
  for (const node of nodes) {
    comeAndGo();
    graph.applyNodeAdded(node);
  }
  for (const edge of edges) {
    comeAndGo();
    graph.applyEdgeAdded(edge);
  }
  for (const other of others) graph.deleteNode(other);
  return graph;
}

const refused = 'refused';

/** What clients would see, or `refused`. */
async function asked(graph: GraphSource, query: string, options?: RunOptions): Promise<unknown> {
  try {
    const result = await parseQuery(query).run(graph, options);
    return JSON.parse(JSON.stringify({ kind: result.kind, json: result.toJSON() }));
  } catch (error) {
    assert.ok(error instanceof GremlinError, `${query}: ${String(error)}`);
    return refused;
  }
}

function shown(answer: Answer): unknown {
  const listed = <T extends Element>(list: readonly T[], slice?: true): readonly T[] | null =>
    list.length === 0 ? null : enumerated(list, slice);
  switch (answer.type) {
    case 'Graph': {
      const { nodes, edges, slice } = answer.model;
      return [{ Nodes: listed(nodes, slice), Edges: listed(edges, slice) }];
    }
    case 'V':
      return answer.nodes;
    case 'E':
      return answer.edges;
    case 'Paths':
      return answer.paths;
    case 'Value':
      return answer.value;
  }
}

function wanted(model: Model, steps: ReturnType<typeof randomQuery>): unknown {
  try {
    const answer = evaluate(model, steps);
    return JSON.parse(JSON.stringify({ kind: answer.type, json: shown(answer) }));
  } catch (error) {
    if (error instanceof Refused) return refused;
    throw error;
  }
}

test('random queries answer as a plain evaluator does', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(numbers(150), numbers(80), async (forModel, forQuery) => {
      const model = randomModel(drawFrom(forModel));
      const steps = randomQuery(drawFrom(forQuery));
      const query = textOf(steps);
      const expected = wanted(model, steps);
      if (expected !== refused) answered++;
      assert.deepEqual(await asked(liveGraph(model), query), expected, query);
      const used = usedGraph(model, drawFrom(forQuery.toReversed()));
      assert.deepEqual(await asked(used, query), expected, `${query}, others having come and gone`);
    }),
    { numRuns },
  );
  // Otherwise little would have been compared.
  assert.ok(answered > numRuns / 2, `only ${answered} of ${numRuns} queries were answered`);
});

test('so they do where work is done in batches, and while the graph is written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.nat(2 ** 31 - 1)),
      numbers(80),
      fc.boolean(),
      async (seed, forQuery, writes) => {
        const model = largeModel(seed, 4000);
        const steps = randomQuery(drawFrom(forQuery));
        const query = textOf(steps);
        // Walks of unlimited depth and long rows of movements are left to small graphs: the plain evaluator is slow.
        fc.pre(
          !/cendants|Neighbors|Select|SubGraph/.test(query) && (query.match(/Both|In|Out/g) ?? []).length < 3,
        );
        const expected = wanted(model, steps);
        const graph = liveGraph(model);
        let done = false;
        const answering = asked(graph, query, writes ? { sliceMs: 0 } : {}).finally(() => {
          done = true;
        });
        const writing = writes ? disturb(graph, drawFrom(forQuery), () => done) : 0;
        assert.deepEqual((await Promise.all([answering, writing]))[0], expected, query);
      },
    ),
    { numRuns: Math.ceil(numRuns / 40) },
  );
});

test('in a time slice every revision counts', async () => {
  const context = { kind: 'slice', slice: { start: 0, last: 1 } } as const;
  await fc.assert(
    fc.asyncProperty(numbers(200), numbers(80), async (forModel, forQuery) => {
      const model = randomSlice(drawFrom(forModel));
      const steps = randomQuery(drawFrom(forQuery));
      const query = textOf(steps);
      fc.pre(!/cendants|Neighbors|SubGraph/.test(query));
      const view = snapshotView(context, model.nodes, model.edges);
      assert.deepEqual(await asked({ view: () => view }, query), wanted(model, steps), query);
    }),
    { numRuns },
  );
});

test('shortest paths are paths, shortest, and found wherever there is one', async () => {
  await fc.assert(
    fc.asyncProperty(numbers(150), numbers(6), async (forModel, forQuery) => {
      const model = randomModel(drawFrom(forModel));
      const draw = drawFrom(forQuery);
      const type = ['host', 'veth', 'bridge'][draw(3)]!;
      const relation = [undefined, 'ownership', 'layer2'][draw(3)];
      const edges = relation === undefined ? '' : `,Metadata("RelationType","${relation}")`;
      const query = `G.V().ShortestPathTo(Metadata("Type","${type}")${edges})`;
      const result = await parseQuery(query).run(liveGraph(model));
      assert.ok(result.kind === 'Paths');
      const passes = (edge: Edge): boolean =>
        relation === undefined || edge.Metadata['RelationType'] === relation;
      const isTarget = (node: Node): boolean => node.Metadata['Type'] === type;
      const lengths = new Map(
        model.nodes.map((node) => [node.ID, distance(model, node, isTarget, passes)] as const),
      );
      const found = new Map(result.paths.map((path) => [path[0]!.ID, path] as const));
      assert.equal(result.paths.length, found.size);
      for (const node of model.nodes) {
        const path = found.get(node.ID);
        assert.equal(path && path.length - 1, lengths.get(node.ID), `${query} from ${node.ID}`);
        if (path === undefined) continue;
        assert.ok(isTarget(path.at(-1)!));
        for (let i = 1; i < path.length; i++) {
          const ends = [path[i - 1]!.ID, path[i]!.ID];
          const joined = model.edges.some(
            (edge) =>
              passes(edge) &&
              ends.includes(edge.Parent) &&
              ends.includes(edge.Child) &&
              edge.Parent !== edge.Child,
          );
          assert.ok(joined, `${query}: no edge between ${ends.join(' and ')}`);
        }
      }
    }),
    { numRuns },
  );
});

/** Changes the graph at random until told to stop; each change is a turn of the event loop of its own. */
async function disturb(graph: Graph, draw: (below: number) => number, done: () => boolean): Promise<number> {
  let changes = 0;
  for (; !done() && changes < 10_000; changes++) {
    const ids = [...graph.nodes()].map(({ ID }) => ID);
    const id = ids[draw(Math.max(1, ids.length))];
    switch (draw(5)) {
      case 0:
        graph.addNode({ ID: `new${changes}`, Metadata: { Name: 'a', Type: 'veth' } });
        break;
      case 1:
        if (id !== undefined) graph.deleteNode(id);
        break;
      case 2:
        if (id !== undefined) graph.addMetadata('node', id, 'Name', `renamed${changes}`);
        break;
      case 3:
        for (const { ID } of graph.edges()) {
          graph.deleteEdge(ID);
          break;
        }
        break;
      default:
        if (id !== undefined && ids[0] !== undefined)
          graph.addEdge({
            ID: `new${changes}`,
            Parent: id,
            Child: ids[0],
            Metadata: { RelationType: 'ownership' },
          });
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return changes;
}

test('a query cut in slices sees one instant, whatever is written meanwhile', async () => {
  let disturbed = 0;
  await fc.assert(
    fc.asyncProperty(numbers(150), numbers(80), numbers(200), async (forModel, forQuery, forWrites) => {
      const model = randomModel(drawFrom(forModel));
      const query = textOf(randomQuery(drawFrom(forQuery)));
      const unsliced = await asked(liveGraph(model), query, { sliceMs: Number.POSITIVE_INFINITY });
      const graph = liveGraph(model);
      let done = false;
      // Every slice is over at once: the query yields wherever it can.
      const sliced = asked(graph, query, { sliceMs: 0 }).finally(() => {
        done = true;
      });
      const [answer, changes] = await Promise.all([sliced, disturb(graph, drawFrom(forWrites), () => done)]);
      if (changes > 1) disturbed++;
      assert.deepEqual(answer, unsliced, query);
    }),
    { numRuns },
  );
  assert.ok(disturbed > numRuns / 4, `only ${disturbed} of ${numRuns} queries were disturbed`);
});
