// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Graph } from '../graph/graph.js';
import { at, point } from './history.contract.js';
import { LevelHistory } from './level/history.js';
import { MemoryHistory } from './memory/history.js';
import { restore } from './restore.js';
import { historySource } from './source.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

async function analyzer(
  name: string,
  clock: { now: number },
): Promise<{ graph: Graph; history: LevelHistory; restored: { nodes: number; edges: number } }> {
  const history = await LevelHistory.open({
    folder: join(root, name),
    ownOrigin: 'analyzer.h1',
    now: () => clock.now,
  });
  const graph = new Graph({ host: 'h1', origin: 'analyzer.h1', now: () => clock.now });
  const { nodes, edges } = await restore(graph, history);
  return { graph, history, restored: { nodes, edges } };
}

test('a restarted analyzer has what others had told, and has closed what was its own', async () => {
  const clock = { now: 10_000 };
  const first = await analyzer('restart', clock);
  assert.deepEqual(first.restored, { nodes: 0, edges: 0 });
  const agent = { Origin: 'agent.h2', Host: 'h2' };
  first.graph.addNode({ ID: 'a', Metadata: { Name: 'a', Nested: { x: [1, 2] } }, ...agent });
  first.graph.addNode({ ID: 'b', Metadata: { Name: 'b' }, ...agent });
  first.graph.addEdge({ ID: 'ab', Parent: 'a', Child: 'b', Metadata: { RelationType: 'layer2' }, ...agent });
  first.graph.addNode({ ID: 'own', Metadata: { Name: 'own' } });
  first.graph.addEdge({ ID: 'own-a', Parent: 'own', Child: 'a', Metadata: {}, ...agent });
  first.graph.addEdge({ ID: 'own-ab', Parent: 'a', Child: 'b', Metadata: {} });
  clock.now = 20_000;
  first.graph.addMetadata('node', 'a', 'Nested.y', 'z');
  first.graph.deleteNode('b');
  first.graph.addNode({ ID: 'c', Metadata: { Name: 'c' }, ...agent });
  first.graph.addEdge({ ID: 'ac', Parent: 'a', Child: 'c', Metadata: {}, ...agent });
  const a = first.graph.getNode('a');
  await first.history.close();

  clock.now = 90_000;
  const second = await analyzer('restart', clock);
  assert.deepEqual(second.restored, { nodes: 2, edges: 1 });
  assert.deepEqual(second.graph.getNode('a'), a);
  assert.equal(second.graph.getNode('own'), undefined);
  assert.equal(second.graph.getEdge('ac')?.Parent, 'a');
  assert.deepEqual(await at(second.history, point(15_000)), ['a#1', 'b#1', 'own#1']);
  assert.deepEqual(await at(second.history, point(20_000), 'edge'), ['ab#1', 'ac#1', 'own-a#1', 'own-ab#1']);
  assert.deepEqual(await at(second.history, point(20_001)), ['a#2', 'c#1']);
  assert.deepEqual(await at(second.history, point(80_000), 'edge'), ['ac#1']);
  const written = second.history.status().written;

  second.graph.addMetadata('node', 'c', 'State', 'UP');
  await second.history.flush();
  assert.equal(second.history.status().written, written + 1, 'the restored elements are not recorded again');
  assert.deepEqual(await at(second.history, point(90_000)), ['a#2', 'c#2']);
  await second.history.close();
});

test('a Sync that replaces the restored elements leaves one of each', async () => {
  const clock = { now: 10_000 };
  const agent = { Origin: 'agent.h2', Host: 'h2' };
  const first = await analyzer('sync', clock);
  first.graph.addNode({ ID: 'a', Metadata: { Name: 'a' }, ...agent });
  const a = first.graph.getNode('a')!;
  await first.history.close();
  clock.now = 20_000;
  const second = await analyzer('sync', clock);
  second.graph.deleteNodes({ kind: 'term', key: '@Origin', value: 'agent.h2' });
  second.graph.applyNodeAdded(a);
  clock.now = 30_000;
  for (const instant of [10_000, 15_000, 20_000, 25_000, 30_000]) {
    assert.deepEqual(await at(second.history, point(instant)), ['a#1'], `at ${instant}`);
  }
  await second.history.close();
});

test('the source gives the live graph, and the history behind it', async () => {
  const clock = { now: 10_000 };
  const { graph, history } = await analyzer('source', clock);
  const source = historySource(graph, history);
  const x = graph.addNode({ Metadata: { Name: 'x' } });
  clock.now = 20_000;
  graph.deleteNode(x.ID);
  const live = await source.view();
  assert.equal(live.nodeCount, 0);
  const past = await source.view(point(15_000));
  const [handle] = past.select('node', { kind: 'term', key: 'Name', value: 'x' });
  assert.deepEqual(past.node(handle!), x);
  live.release();
  past.release();
  await history.close();
});

test('without history the source refuses the past, and still gives the present', async () => {
  const graph = new Graph({ host: 'h1', origin: 'analyzer.h1' });
  const source = historySource(graph, new MemoryHistory());
  const view = await source.view();
  assert.equal(view.nodeCount, 0);
  await assert.rejects(async () => source.view(point(1)), {
    code: 'SKY_E_NO_HISTORY',
    message: /does not support history/,
  });
});
