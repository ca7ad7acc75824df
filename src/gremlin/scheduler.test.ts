// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../graph/graph.js';
import { parseQuery } from './query.js';

/** A graph in which most nodes have no edge. */
function graph(count: number): Graph {
  const made = new Graph({ host: 'h', origin: 'analyzer.h' });
  for (let i = 0; i < count; i++)
    made.addNode({ ID: `n${i}`, Metadata: { Name: `n${i}`, Type: i % 2 === 0 ? 'veth' : 'bridge', MTU: i } });
  made.addEdge({ ID: 'e', Parent: 'n0', Child: 'n1', Metadata: { RelationType: 'layer2' } });
  return made;
}

/** How often a query that may never hold the event loop lets others run. */
async function turnsOf(query: string, source: Graph): Promise<number> {
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await parseQuery(query).run(source, { sliceMs: 0 });
  running = false;
  return turns;
}

const count = 20_000;
const large = graph(count);

for (const query of [
  'G.V().Has("MTU",GT(5))',
  'G.V().Has("Name",Regex(".*7.*")).Sort("Name")',
  'G.V().ShortestPathTo(Metadata("Name","n0"))',
  'G.V().ShortestPathTo(Metadata("Name","none"))',
  'G.V().ShortestPathTo(Metadata("Type","veth"))',
  'G.V().SubGraph()',
  'G.V().Dedup()',
  'G.V().Dedup("Type")',
  'G.V().Values("Name").Dedup()',
  'G.V().Descendants(2)',
  'G.V().Neighbors(2)',
  'G.V().Out().In().Both()',
  'G.V().BothE()',
  'G.V().Metrics()',
  'G.V().Flows()',
]) {
  test(`${query} lets others run every few hundred nodes`, async () => {
    const turns = await turnsOf(query, large);
    assert.ok(turns >= count / 8192, `${turns} turns for ${count} nodes`);
  });
}
