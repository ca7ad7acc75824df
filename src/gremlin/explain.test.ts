// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../graph/graph.js';
import { parseQuery } from './query.js';
import type { StepTrace } from './trace.js';

function graph(): Graph {
  const made = new Graph({ host: 'a', origin: 'agent.a' });
  for (let i = 0; i < 100; i++) {
    made.addNode({ ID: `n${i}`, Metadata: { Name: `n${i}`, Type: i % 2 === 0 ? 'veth' : 'bridge', MTU: i } });
  }
  made.addEdge({ ID: 'e', Parent: 'n0', Child: 'n1', Metadata: {} });
  return made;
}

async function explain(query: string): Promise<readonly StepTrace[]> {
  return (await parseQuery(`${query}.Explain()`).run(graph())).toJSON() as readonly StepTrace[];
}

test('Explain tells what each step took in, how it found elements and how many it gave', async () => {
  const [v, out] = await explain('G.V().Has("Name","n0").Out()');
  assert.equal(v?.step, 'V()');
  assert.deepEqual(v?.absorbed, ['Has("Name", "n0")']);
  assert.equal(v?.count, 1);
  assert.deepEqual(v?.accesses, [{ kind: 'node', by: 'index', key: 'Name', candidates: 1, found: 1 }]);
  assert.deepEqual([out?.step, out?.gives, out?.count], ['Out()', 'V', 1]);
});

test('an index is used whatever follows, for lists of values too', async () => {
  for (const [query, candidates] of [
    ['G.V().Has("Name","n0","MTU",GT(1))', 1],
    ['G.V().Has("MTU",GT(1),"Name","n0").Out().Out()', 1],
    ['G.V().Has("Name",Within("n1","n2","n3"))', 3],
    ['G.V().Has("Name","n0").SubGraph()', 1],
  ] as const) {
    const [v] = await explain(query);
    assert.deepEqual(v?.accesses[0], { ...v?.accesses[0], by: 'index', candidates }, query);
  }
});

test('a pattern runs over the column, a key without one over the nodes', async () => {
  const [pattern] = await explain('G.V().Has("Name",Regex("n.*7"))');
  assert.equal(pattern?.accesses[0]?.by, 'column');
  const [scan] = await explain('G.V().Has("MTU",GT(90))');
  assert.deepEqual([scan?.accesses[0]?.by, scan?.accesses[0]?.found], ['scan', 9]);
});
