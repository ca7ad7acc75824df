// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../graph/graph.js';
import type { GraphSource, GraphView, ViewContext } from '../graph/view.js';
import { GremlinError } from './error.js';
import { parseQuery } from './query.js';
import { Scheduler } from './scheduler.js';

function ring(nodes: number): Graph {
  const graph = new Graph({ host: 'a', origin: 'agent.a' });
  for (let i = 0; i < nodes; i++) graph.addNode({ ID: `n${i}`, Metadata: { Name: `n${i}`, Type: 'veth' } });
  for (let i = 0; i < nodes; i++) {
    const Metadata = { RelationType: 'ownership' };
    graph.addEdge({ ID: `e${i}`, Parent: `n${i}`, Child: `n${(i + 1) % nodes}`, Metadata });
  }
  graph.addEdge({ ID: 'loop', Parent: 'n0', Child: 'n0', Metadata: { RelationType: 'ownership' } });
  return graph;
}

/** Counts the views that are held. */
class Counting implements GraphSource {
  held = 0;
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  view(context?: ViewContext): GraphView {
    const view = this.#graph.view(context);
    this.held++;
    const release = view.release.bind(view);
    view.release = () => {
      this.held--;
      release();
    };
    return view;
  }
}

async function refusal(run: Promise<unknown>): Promise<GremlinError> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof GremlinError, String(error));
    return error;
  }
  assert.fail('the query was not refused');
}

test('a query that outgrows its rows is refused and says what to do', async () => {
  const source = new Counting(ring(50));
  const query = `G.V()${'.Both()'.repeat(40)}.Count()`;
  const error = await refusal(parseQuery(query).run(source, { maxRows: 100_000 }));
  assert.equal(error.code, 'SKY_E_GREMLIN_BUDGET');
  assert.match(error.message, /100000 elements \(analyzer\.gremlin\.max_rows\)/);
  assert.equal(source.held, 0);
});

test('a query that outlives its time is refused', async () => {
  const source = new Counting(ring(3000));
  const query = `G.V()${'.Both()'.repeat(12)}.Count()`;
  const error = await refusal(parseQuery(query).run(source, { timeoutMs: 5, maxRows: 1e8 }));
  assert.equal(error.category, 'X-BUDGET');
  assert.match(error.message, /analyzer\.gremlin\.timeout/);
  assert.equal(source.held, 0);
});

test('a query whose client is gone ends and lets its view go', async () => {
  const source = new Counting(ring(3000));
  const gone = new AbortController();
  const running = parseQuery(`G.V()${'.Both()'.repeat(12)}.Count()`).run(source, {
    signal: gone.signal,
    maxRows: 1e8,
  });
  setImmediate(() => gone.abort());
  assert.equal((await refusal(running)).category, 'X-CANCEL');
  assert.equal(source.held, 0);
});

test('others get their turn while a query runs', async () => {
  let turns = 0;
  let done = false;
  const running = parseQuery('G.V().Out().Out().Out().Dedup("Name").Count()')
    .run(ring(5000), { sliceMs: 0 })
    .finally(() => {
      done = true;
    });
  const turn = (): void => {
    turns++;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  assert.equal((await running).toJSON(), 5000);
  assert.ok(turns > 20, `only ${turns} turns`);
});

test('Descendants ends on a cycle and a self loop, and on a chain of any length', async () => {
  const run = async (query: string) => (await parseQuery(query).run(ring(20_000))).toJSON();
  assert.equal(await run('G.V("n0").Descendants(0).Count()'), 20_000);
  assert.equal(await run('G.V("n0").Ascendants(1000000000).Count()'), 20_000);
  assert.equal(await run('G.V("n0").Neighbors(1000000000).Count()'), 20_000);
  assert.equal(
    await run('G.V("n0").ShortestPathTo(Metadata("Name","n10000")).SubGraph().V().Count()'),
    10_001,
  );
});

test('two runs of one parsed query do not know of each other', async () => {
  const query = parseQuery('G.V().Has("Type","veth").Limit(3).Count()');
  const graph = ring(10);
  const results = await Promise.all([query.run(graph), query.run(graph), query.run(graph)]);
  assert.deepEqual(
    results.map((result) => result.toJSON()),
    [3, 3, 3],
  );
});

test('a live graph refuses to look back', async () => {
  const error = await parseQuery('G.At("-1m").V()')
    .run(ring(2))
    .catch((thrown: unknown) => thrown);
  assert.equal((error as GremlinError).code, 'SKY_E_NO_HISTORY');
});

test('the slice of a scheduler is over when the clock says so, and begins anew after a pause', async () => {
  let now = 0;
  const scheduler = new Scheduler({ sliceMs: 3, clock: () => now });
  assert.equal(scheduler.due(), false);
  now = 3;
  assert.equal(scheduler.due(), true);
  await scheduler.pause();
  assert.equal(scheduler.due(), false);
});
