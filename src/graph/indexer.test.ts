// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from './filter.js';
import { Graph } from './graph.js';
import { idOf } from './ids.js';
import { Indexer } from './indexer.js';
import { MetadataIndexer } from './metadata-indexer.js';
import { metadataIndexerLinker } from './metadata-indexer-linker.js';
import { Processor } from './processor.js';
import { ResourceLinker } from './resource-linker.js';

const all: Filter = { kind: 'true' };
const ofType = (value: string): Filter => ({ kind: 'term', key: 'Type', value });

function makeGraph(): Graph {
  return new Graph({ host: 'h', origin: 'agent.h' });
}

/** The events of an index as short texts. */
function record(index: Indexer): string[] {
  const told: string[] = [];
  index.on((event) => 'node' in event && told.push(`${event.type} ${event.node.ID}`));
  return told;
}

const idsOf = (nodes: readonly { ID: string }[]) => nodes.map(({ ID }) => ID).sort();

test('an index tells when a node enters, stays and leaves', () => {
  const graph = makeGraph();
  const index = new MetadataIndexer(graph, all, ['MAC']);
  index.start();
  const told = record(index);
  graph.addNode({ ID: 'a' });
  assert.deepEqual(told, []);
  graph.update('node', 'a', { set: { MAC: '1' } });
  graph.update('node', 'a', { set: { MAC: '2' } });
  assert.deepEqual(index.get('1'), []);
  assert.deepEqual(idsOf(index.get('2')), ['a']);
  graph.deleteMetadata('node', 'a', 'MAC');
  graph.deleteNode('a');
  assert.deepEqual(told, ['nodeAdded a', 'nodeUpdated a', 'nodeDeleted a']);
  assert.equal(index.size, 0);
});

test('an append-only index keeps former keys until the node is deleted', () => {
  const graph = makeGraph();
  const index = new Indexer(graph, (node) => [[node.Metadata['MAC'] ?? '']], { appendOnly: true });
  index.start();
  graph.addNode({ ID: 'a', Metadata: { MAC: '1' } });
  graph.update('node', 'a', { set: { MAC: '2' } });
  assert.deepEqual(idsOf(index.get('1')), ['a']);
  graph.deleteNode('a');
  assert.deepEqual(index.get('1'), []);
});

test('arrays and several paths combine in every way', () => {
  const graph = makeGraph();
  const index = new MetadataIndexer(graph, ofType('x'), ['A', 'B.C']);
  index.start();
  graph.addNode({ ID: 'a', Metadata: { Type: 'x', A: [1, 2], B: { C: 'c' } } });
  graph.addNode({ ID: 'b', Metadata: { Type: 'x', A: 1 } });
  graph.addNode({ ID: 'c', Metadata: { Type: 'y', A: 1, B: { C: 'c' } } });
  assert.deepEqual(idsOf(index.get(1, 'c')), ['a']);
  assert.deepEqual(idsOf(index.get(2, 'c')), ['a']);
  assert.deepEqual(index.get('1', 'c'), []);
  assert.equal(index.size, 1);
});

test('an index without path is refused', () => {
  assert.throws(() => new MetadataIndexer(makeGraph(), all, []), { code: 'SKY_E_GRAPH_PATH' });
});

test('sync enters what was there before, with an event each', () => {
  const graph = makeGraph();
  graph.addNode({ ID: 'a', Metadata: { MAC: '1' } });
  const index = new MetadataIndexer(graph, all, ['MAC']);
  const told = record(index);
  index.sync();
  index.sync();
  assert.deepEqual(told, ['nodeAdded a', 'nodeAdded a']);
});

test('a metadata linker joins nodes with equal values and parts them again', () => {
  const graph = makeGraph();
  const from = new MetadataIndexer(graph, ofType('a'), ['MAC']);
  const to = new MetadataIndexer(graph, ofType('b'), ['PeerMAC']);
  from.start();
  to.start();
  const errors: unknown[] = [];
  const linker = metadataIndexerLinker(graph, from, to, { RelationType: 'layer2' }, (error) =>
    errors.push(error),
  );
  linker.start();
  graph.addNode({ ID: 'a', Metadata: { Type: 'a', MAC: '1' } });
  graph.addNode({ ID: 'b', Metadata: { Type: 'b', PeerMAC: ['1', '2'] } });
  const edge = graph.getEdge(idOf('a', 'b'));
  assert.equal(edge?.Parent, 'a');
  assert.equal(edge.Host, '');
  assert.deepEqual(edge.Metadata, { RelationType: 'layer2' });
  graph.update('node', 'b', { set: { PeerMAC: '3' } });
  assert.equal(graph.edgeCount, 0);
  graph.update('node', 'a', { set: { MAC: '3' } });
  assert.equal(graph.edgeCount, 1);
  graph.deleteNode('a');
  assert.equal(graph.edgeCount, 0);
  assert.deepEqual(errors, []);
});

test('a linker changes metadata, spares edges of others, and reports what it cannot link', () => {
  const graph = makeGraph();
  const errors: unknown[] = [];
  const linker = new ResourceLinker(graph, {
    from: [graph],
    to: [],
    edgesFrom: (node) =>
      typeof node.Metadata['To'] === 'string'
        ? [
            {
              ID: 'made',
              Parent: node.ID,
              Child: node.Metadata['To'],
              Metadata: { V: node.Metadata['V'] ?? 0 },
            },
          ]
        : [],
    metadata: { Manager: 'test' },
    onError: (error) => errors.push(error),
  });
  graph.addNode({ ID: 'b' });
  linker.start();
  graph.addNode({ ID: 'a', Metadata: { To: 'b' } });
  assert.deepEqual(graph.getEdge('made')?.Metadata, { V: 0, Manager: 'test' });
  graph.addEdge({ ID: 'foreign', Parent: 'a', Child: 'b', Metadata: { Manager: 'test' } });
  graph.update('node', 'a', { set: { V: 1 } });
  assert.deepEqual(graph.getEdge('made')?.Metadata, { V: 1, Manager: 'test' });
  graph.update('node', 'a', { delete: ['To'] });
  assert.equal(graph.getEdge('made'), undefined);
  assert.notEqual(graph.getEdge('foreign'), undefined);
  graph.update('node', 'a', { set: { To: 'nobody' } });
  assert.equal(errors.length, 1);
});

test('an action runs now, later while it asks for more, and not after cancel', () => {
  const graph = makeGraph();
  const processor = new Processor(graph, all, ['Name']);
  processor.start();
  graph.addNode({ ID: 'a', Metadata: { Name: 'x' } });
  const ran: string[] = [];
  processor.doAction((node) => ran.push(`once ${node.ID}`) < 0, 'x');
  processor.doAction((node) => ran.push(`always ${node.ID}`) > 0, 'x');
  processor.doAction((node) => ran.push(`next ${node.ID}`) < 0, 'y');
  graph.addNode({ ID: 'b', Metadata: { Name: 'x' } });
  graph.addNode({ ID: 'c', Metadata: { Name: 'y' } });
  graph.addNode({ ID: 'd', Metadata: { Name: 'y' } });
  processor.cancel('x');
  graph.addNode({ ID: 'e', Metadata: { Name: 'x' } });
  assert.deepEqual(ran, ['once a', 'always a', 'always b', 'next c']);
});
