// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataMap } from './element.js';
import { Graph } from './graph.js';
import { shareEdgeMetadata } from './share.js';

test('equal small edge metadata is one frozen object', () => {
  const first = shareEdgeMetadata({ RelationType: 'layer2', Type: 'veth' });
  assert.equal(shareEdgeMetadata({ RelationType: 'layer2', Type: 'veth' }), first);
  assert.ok(Object.isFrozen(first));
});

const different: readonly MetadataMap[] = [
  { RelationType: 'layer2' },
  { RelationType: 'layer2', Type: 'vlan' },
  { RelationType: 'layer2', Kind: 'veth' },
  { RelationType: 'layer2', Type: 'veth', More: 1 },
  { Type: 'veth', RelationType: 'layer2' },
];

for (const metadata of different) {
  test(`not shared: ${JSON.stringify(metadata)}`, () => {
    const first = shareEdgeMetadata({ RelationType: 'layer2', Type: 'veth' });
    const shared = shareEdgeMetadata(metadata);
    assert.notEqual(shared, first);
    assert.equal(JSON.stringify(shared), JSON.stringify(metadata));
  });
}

test('what is nested, large or of no relation stays as it was given', () => {
  for (const metadata of [
    { RelationType: 'x', List: [1] },
    { RelationType: 'x', A: 1, B: 2, C: 3, D: 4 },
    { Type: 'veth' },
    { RelationType: 5 },
  ]) {
    assert.equal(shareEdgeMetadata(metadata), metadata);
    assert.ok(!Object.isFrozen(metadata));
  }
});

test('edges that share their metadata change each on its own', () => {
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  graph.addNode({ ID: 'a' });
  graph.addNode({ ID: 'b' });
  const given = { RelationType: 'layer2' };
  graph.addEdge({ ID: 'x', Parent: 'a', Child: 'b', Metadata: given });
  graph.addEdge({ ID: 'y', Parent: 'a', Child: 'b', Metadata: { ...given } });
  assert.equal(graph.getEdge('x')!.Metadata, graph.getEdge('y')!.Metadata);
  graph.addMetadata('edge', 'x', 'Type', 'veth');
  assert.deepEqual(graph.getEdge('y')!.Metadata, { RelationType: 'layer2' });
  assert.ok(!Object.isFrozen(given));
});
