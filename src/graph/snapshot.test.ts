// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from './filter.js';
import { makeEdge, makeNode } from './revision.js';
import { SnapshotBuilder, snapshotView } from './snapshot.js';

const context = { kind: 'slice', slice: { start: 0, last: 100 } } as const;
const node = (id: string, revision: number, name: string) =>
  makeNode(id, { Name: name }, 'h', 'agent.h', 0, revision, null, revision);
const edge = (id: string, parent: string, child: string) =>
  makeEdge(id, {}, 'h', 'agent.h', 0, 0, null, 1, parent, child);

test('a slice holds several revisions of an ID, all with the edges of the ID', () => {
  const nodes = [node('a', 1, 'x'), node('b', 1, 'y'), node('a', 3, 'z'), node('a', 2, 'x')];
  const view = snapshotView(context, nodes, [edge('ab', 'a', 'b')]);
  assert.equal(view.context, context);
  assert.deepEqual([view.nodeCount, view.edgeCount], [4, 1]);
  assert.equal(view.node(view.nodeById('a')).Revision, 3);
  const all: Filter = { kind: 'term', key: '@ID', value: 'a' };
  const revisions = view.select('node', all);
  assert.deepEqual(
    [...revisions].map((handle) => view.node(handle).Revision),
    [1, 3, 2],
  );
  for (const handle of revisions) {
    assert.deepEqual(
      [...view.edgesOf(handle, 'out')].map((each) => view.edge(each).ID),
      ['ab'],
    );
  }
  assert.equal(view.node(view.childOf(view.edgeById('ab'))).ID, 'b');
  view.release();
});

test('an edge without one of its ends is left out', () => {
  const builder = new SnapshotBuilder(context);
  builder.addNode(node('a', 1, 'x'));
  assert.equal(builder.addEdge(edge('ab', 'a', 'b')), false);
  assert.equal(builder.addEdge(edge('aa', 'a', 'a')), true);
  const view = builder.finish();
  assert.deepEqual(
    [...view.edges()].map((each) => view.edge(each).ID),
    ['aa'],
  );
});

test('a key that is asked for gets a column, also when it is asked for in slices', () => {
  const nodes = Array.from({ length: 100 }, (_, i) => node(`n${i}`, 1, `name ${i % 3}`));
  const view = snapshotView(context, nodes, []);
  const filter: Filter = { kind: 'term', key: 'Name', value: 'name 1' };
  assert.equal(view.plan('node', filter).access, 'scan');
  const all = view.nodes();
  const first = [0, 1, 2, 3].flatMap((i) => [
    ...view.select('node', filter, all.subarray(i * 25, i * 25 + 25)),
  ]);
  assert.deepEqual(view.plan('node', filter), { access: 'index', key: 'Name', candidates: 33 });
  assert.deepEqual([...view.select('node', filter)], first);
});
