// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetadataValue } from '../graph/element.js';
import { Graph } from '../graph/graph.js';
import { parseQuery } from './query.js';

const scalar = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: 0, max: 60 }).map(String),
  fc.string({ maxLength: 2 }),
  fc.constantFrom<MetadataValue>(true, null, 1.5, ''),
);
const nodes = fc.array(fc.option(scalar, { freq: 8 }), { minLength: 1, maxLength: 120 });

function graphOf(names: readonly (MetadataValue | null)[], odd: boolean): Graph {
  const graph = new Graph({ host: 'h', origin: 'analyzer.h' });
  names.forEach((Name, i) => {
    // A fast-check option of null is a missing name here, now and then a list.
    const value = Name === null && odd ? ['a', 'b'] : Name;
    graph.addNode({ ID: `n${i}`, Metadata: { Type: 'x', ...(value === null ? {} : { Name: value }) } });
  });
  return graph;
}

async function ids(graph: Graph, query: string): Promise<string[]> {
  const result = await parseQuery(query).run(graph);
  return (result.toJSON() as { ID: string }[]).map(({ ID }) => ID);
}

test('the first of a sorted list are those of the whole list, sorted', async () => {
  await fc.assert(
    fc.asyncProperty(nodes, fc.nat(12), fc.boolean(), fc.boolean(), async (names, most, descending, odd) => {
      const graph = graphOf(names, odd);
      const order = descending ? 'DESC' : 'ASC';
      for (const from of ['G.V()', 'G.V().Has("Type","x").Has("Type","x")']) {
        const sorted = `${from}.Sort(${order},"Name")`;
        const all = await ids(graph, sorted);
        assert.deepEqual(await ids(graph, `${sorted}.Limit(${most})`), all.slice(0, most));
        assert.deepEqual(await ids(graph, `${sorted}.Range(1,${most})`), all.slice(1, Math.max(1, most)));
      }
    }),
    { numRuns: 300 },
  );
});

test('repeats are kept, even as many as there are nodes', async () => {
  const graph = graphOf(['c', 'b', 'a', 'd', 'e', 'f', 'g', 'h', 'i', 'j'], false);
  for (let i = 0; i < 10; i++) graph.addEdge({ ID: `e${i}`, Parent: `n${i}`, Child: 'n2', Metadata: {} });
  assert.deepEqual(await ids(graph, 'G.V().Out().Sort("Name").Limit(1)'), ['n2']);
  assert.deepEqual(await ids(graph, 'G.V().Out().Sort(DESC,"Name").Limit(1)'), ['n2']);
});

test('what As saved is sorted by every Sort that follows it', async () => {
  const graph = graphOf(['a', 'a'], false);
  assert.deepEqual(await ids(graph, 'G.V().As("x").Sort(DESC,"@ID").Select("x")'), ['n1', 'n0']);
  assert.deepEqual(await ids(graph, 'G.V().As("x").Sort(DESC,"@ID").Sort("Name").Select("x")'), ['n0', 'n1']);
});
