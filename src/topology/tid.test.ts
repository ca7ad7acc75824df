// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataMap } from '../graph/element.js';
import { Graph } from '../graph/graph.js';
import { v5 } from '../graph/ids.js';
import { silentLogger } from '../log/logger.js';
import { TidMapper } from './tid.js';

class Scene {
  readonly graph = new Graph({ host: 'host1', origin: 'agent.host1' });
  readonly mapper = new TidMapper(this.graph, silentLogger);
  readonly hostTid = v5('host1');

  constructor() {
    this.mapper.start();
  }

  add(metadata: MetadataMap, owner?: string): string {
    const { ID } = this.graph.addNode({ Metadata: metadata });
    if (owner !== undefined) this.graph.addOwnership(owner, ID);
    return ID;
  }

  tid(id: string): unknown {
    return this.graph.getNode(id)!.Metadata['TID'];
  }
}

test('the host is named by its name', () => {
  const scene = new Scene();
  assert.equal(scene.tid(scene.add({ Name: 'host1', Type: 'host' })), '1a21f896-ade2-5afd-5969-4d690a305de0');
});

test('an interface is named by its owner, name and type', () => {
  const scene = new Scene();
  const host = scene.add({ Name: 'host1', Type: 'host' });
  const eth0 = scene.add({ Name: 'eth0', Type: 'device' }, host);
  assert.equal(scene.tid(eth0), '74880e9e-e2af-58ce-79cc-32b223abff7d');
});

for (const [what, metadata, seed] of [
  ['a netns by its path', { Name: 'ns', Type: 'netns', Path: '/run/netns/ns' }, '/run/netns/nsnetns'],
  ['an OVS bridge by its UUID', { Name: 'br', Type: 'ovsbridge', UUID: 'u1' }, 'u1ovsbridge'],
  ['an OVS port by its UUID', { Name: 'p', Type: 'ovsport', UUID: 'u2' }, 'u2ovsport'],
] as const) {
  test(`${what}, wherever it hangs`, () => {
    const scene = new Scene();
    const host = scene.add({ Name: 'host1', Type: 'host' });
    assert.equal(scene.tid(scene.add(metadata)), v5(scene.hostTid + seed));
    const other = scene.add({ Name: 'x', Type: 'device' }, host);
    const owned = scene.add(metadata, metadata.Type === 'netns' ? host : other);
    assert.equal(scene.tid(owned), v5(scene.hostTid + seed));
  });
}

test('a fabric node is named by its ID', () => {
  const scene = new Scene();
  const id = scene.add({ Name: 'tor', Type: 'device', Probe: 'fabric' });
  assert.equal(scene.tid(id), id);
});

for (const [what, metadata, owned] of [
  ['without Type', { Name: 'x' }, true],
  ['without Name', { Type: 'device' }, true],
  ['without owner', { Name: 'x', Type: 'device' }, false],
] as const) {
  test(`a node ${what} gets none`, () => {
    const scene = new Scene();
    const host = scene.add({ Name: 'host1', Type: 'host' });
    assert.equal(scene.tid(scene.add(metadata, owned ? host : undefined)), undefined);
  });
}

test('a rename keeps it, a new owner changes it, no owner takes it away', () => {
  const scene = new Scene();
  const host = scene.add({ Name: 'host1', Type: 'host' });
  const netns = scene.add({ Name: 'ns', Type: 'netns', Path: '/run/netns/ns' }, host);
  const id = scene.add({ Name: 'eth0', Type: 'veth' }, host);
  const first = scene.tid(id);
  scene.graph.update('node', id, { set: { Name: 'eth1' } });
  assert.equal(scene.tid(id), first);
  const { ID } = scene.graph.addOwnership(netns, id);
  assert.equal(scene.tid(id), v5(`${scene.tid(netns)}eth1veth`));
  scene.graph.deleteEdge(ID);
  assert.equal(scene.tid(id), undefined);
});

test('a name that comes late still gives one', () => {
  const scene = new Scene();
  const host = scene.add({ Name: 'host1', Type: 'host' });
  const id = scene.add({ Type: 'device' }, host);
  scene.graph.update('node', id, { set: { Name: 'eth0' } });
  assert.equal(scene.tid(id), '74880e9e-e2af-58ce-79cc-32b223abff7d');
});

test('several owners are too many', () => {
  const scene = new Scene();
  const host = scene.add({ Name: 'host1', Type: 'host' });
  const other = scene.add({ Name: 'ns', Type: 'netns', Path: '/p' }, host);
  const id = scene.add({ Type: 'device' });
  for (const owner of [host, other]) scene.graph.addTopologyLink(owner, id, 'ownership');
  scene.graph.update('node', id, { set: { Name: 'eth0' } });
  assert.equal(scene.tid(id), undefined);
});

test('nodes that were there before the mapper get theirs, and none after it stopped', () => {
  const graph = new Graph({ host: 'host1', origin: 'agent.host1' });
  const host = graph.addNode({ Metadata: { Name: 'host1', Type: 'host' } });
  const mapper = new TidMapper(graph, silentLogger);
  mapper.start();
  assert.equal(graph.getNode(host.ID)!.Metadata['TID'], v5('host1'));
  mapper.stop();
  const late = graph.addNode({ Metadata: { Name: 'x', Type: 'device', Probe: 'fabric' } });
  assert.equal(graph.getNode(late.ID)!.Metadata['TID'], undefined);
});
