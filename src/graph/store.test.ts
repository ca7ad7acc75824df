// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from './filter.js';
import { Graph } from './graph.js';
import { makeNode } from './revision.js';
import { ElementStore } from './store.js';

const node = (id: string, name = 'x') => makeNode(id, { Name: name }, 'h', 'agent.h', 0, 0, null, 1);

test('a freed handle is used again once no view can see it', () => {
  const store = new ElementStore('node', ['Name']);
  const a = store.insert(node('a'));
  store.remove(a);
  assert.equal(store.insert(node('b')), a);
  const early = store.pin();
  store.remove(a);
  const late = store.pin();
  assert.equal(store.insert(node('c')), a + 1);
  store.unpin(late);
  assert.equal(store.insert(node('d')), a + 2);
  store.unpin(early);
  assert.equal(store.insert(node('e')), a);
});

test('elements that come in the order of creation are known to be in it until a handle is used again', () => {
  const store = new ElementStore('node', []);
  const born = (id: string, at: number) => makeNode(id, {}, 'h', 'agent.h', at, at, null, 1);
  for (const [id, at] of [
    ['b', 1],
    ['c', 1],
    ['a', 2],
  ] as const) {
    store.insert(born(id, at));
  }
  assert.equal(store.inOrderTo, 3);
  store.insert(born('0', 2));
  store.insert(born('z', 9));
  assert.equal(store.inOrderTo, 3, 'what comes behind one that is out of order counts no more');
  store.remove(store.handleOf('c'));
  assert.equal(store.inOrderTo, 3, 'a gap changes nothing');
  store.insert(born('d', 3));
  assert.equal(store.inOrderTo, 1);
});

test('a dictionary does not grow with values that came and went', () => {
  const store = new ElementStore('node', ['Name']);
  const handle = store.insert(node('a', 'first'));
  for (let i = 0; i < 1000; i++) store.replace(handle, node('a', `name ${i}`));
  const column = store.column('Name')!;
  assert.ok(column.codeLimit < 10, `${column.codeLimit} codes`);
  assert.equal(column.codeOf('first'), -1);
  assert.equal(column.countOf(column.codeOf('name 999')), 1);
});

const term = (key: string, value: string | number): Filter => ({ kind: 'term', key, value });
const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters });
const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters });

// 100 nodes; Type is veth for 10 of them, MTU has no column
const plans: readonly [Filter, string, string | undefined, number][] = [
  [term('Name', 'n5'), 'index', 'Name', 1],
  [term('Metadata.Name', 'n5'), 'index', 'Metadata.Name', 1],
  [term('Type', 'veth'), 'index', 'Type', 10],
  [term('Type', 'none'), 'index', 'Type', 0],
  [term('@ID', 'id5'), 'index', '@ID', 1],
  [term('MTU', 1500), 'scan', undefined, 100],
  [term('Name', 5), 'column', 'Name', 100],
  [{ kind: 'regex', key: 'Name', pattern: 'x' }, 'column', 'Name', 100],
  [{ kind: 'test', key: 'Name', test: () => true, terms: ['n1', 'n2'] }, 'index', 'Name', 2],
  [{ kind: 'test', key: 'Name', test: () => true }, 'column', 'Name', 100],
  [and(term('MTU', 1500), term('Type', 'veth'), term('Name', 'n5')), 'index', 'Name', 1],
  [or(term('Name', 'n5'), term('Type', 'veth')), 'index', 'Name', 11],
  [or(term('Name', 'n5'), term('MTU', 1500)), 'scan', undefined, 100],
  [or(), 'scan', undefined, 100],
  [{ kind: 'not', filter: term('Name', 'n5') }, 'scan', undefined, 100],
  [{ kind: 'true' }, 'scan', undefined, 100],
];

for (const [filter, access, key, candidates] of plans) {
  test(`plan of ${JSON.stringify(filter)}`, () => {
    const graph = new Graph({ host: 'h', origin: 'agent.h' });
    for (let i = 0; i < 100; i++) {
      const Metadata = { Name: `n${i}`, Type: i < 10 ? 'veth' : 'device', MTU: 1500 };
      graph.addNode({ ID: `id${i}`, Metadata });
    }
    const view = graph.view();
    assert.deepEqual(view.plan('node', filter), { access, ...(key !== undefined && { key }), candidates });
    view.release();
  });
}

test('columns are a choice of whoever makes the graph', () => {
  const graph = new Graph({ host: 'h', origin: 'agent.h', columns: { node: ['MTU'], edge: [] } });
  graph.addNode({ ID: 'a', Metadata: { MTU: '1500' } });
  const view = graph.view();
  assert.equal(view.plan('node', term('MTU', '1500')).access, 'index');
  assert.equal(view.plan('node', term('Name', 'x')).access, 'scan');
  assert.equal(view.select('node', term('MTU', 1500)).length, 1);
  view.release();
});
