// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataMap } from '../../../graph/element.js';
import { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { InterfaceChange, LinkFacts } from '../../../native/netlink-monitor.js';
import { InterfaceLinks } from './interface-links.js';
import { NamespaceInterfaces } from './namespace-interfaces.js';
import { OvsNodes } from './ovs-nodes.js';
import { Sriov } from './sriov.js';

const plain: LinkFacts = { name: 'x', kind: '', type: 1, flags: 0x1043, state: 6, driver: '', bus: '' };

class Scene {
  now = 1000;
  readonly graph = new Graph({ host: 'h', origin: 'agent.h', now: () => this.now });
  readonly host = this.graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
  readonly #context = {
    graph: this.graph,
    links: new InterfaceLinks(this.graph),
    sriov: new Sriov(this.graph),
    ovs: new OvsNodes(this.graph),
    now: () => this.now,
    features: (digits: string): MetadataMap => ({ highdma: digits === '1' }),
    namespaceName: (id: number) => `ns${id}`,
    rootNamespace: () => 1,
  };
  interfaces = this.namespace(1, this.host.ID);

  namespace(id: number, ownerId: string): NamespaceInterfaces {
    return new NamespaceInterfaces(id, ownerId, this.#context);
  }

  apply(index: number, change: Partial<InterfaceChange>, facts: Partial<LinkFacts> = {}): void {
    this.interfaces.apply({ namespace: 1, index, link: { ...plain, ...facts }, ...change });
  }

  part(index: number, change: Partial<InterfaceChange>): void {
    this.interfaces.apply({ namespace: 1, index, ...change });
  }

  node(index: number): MetadataMap {
    const found = this.graph.children(this.host.ID).filter(({ Metadata }) => Metadata['IfIndex'] === index);
    assert.equal(found.length, 1);
    return found[0]!.Metadata;
  }
}

test('a new interface becomes one node below its owner, complete at once', () => {
  const scene = new Scene();
  const events: string[] = [];
  scene.graph.on(({ type }) => events.push(type));
  scene.apply(2, {
    ipv4: ['10.0.0.1/24'],
    ipv6: [],
    neighbours: [{ ip: '10.0.0.2', state: 0x80 }],
    fdb: [],
    routes: [{ table: 254, family: 4, protocol: 2 }],
    stats: [5, 0, 100],
    features: '1',
  });
  assert.deepEqual(events, ['nodeAdded', 'edgeAdded']);
  const node = scene.node(2);
  assert.deepEqual(node['IPV4'], ['10.0.0.1/24']);
  assert.equal(node['IPV6'], undefined);
  assert.deepEqual(node['Neighbors'], [{ IP: '10.0.0.2', State: ['NUD_PERMANENT'], IfIndex: 2 }]);
  assert.equal(node['FDB'], undefined);
  assert.equal((node['RoutingTables'] as MetadataMap[]).length, 1);
  assert.deepEqual(node['Metric'], { RxBytes: 100, RxPackets: 5 });
  assert.deepEqual(node['Features'], { highdma: true });
});

for (const [key, given] of [
  ['MasterIndex', { master: 7 }],
  ['ParentIndex', { parent: 7 }],
  ['Speed', { speed: 100 }],
  ['MAC', { mac: '02:00:00:00:00:01' }],
  ['PeerIfIndex', { peer: 9 }],
  ['LinkNetNsID', { nsid: 1 }],
  ['LinkNetNsName', { nsid: 1 }],
  ['Vlan', { kind: 'vlan', vlan: 5 }],
  ['BondMode', { bondMode: 1 }],
  ['Vfs', { functions: [{ id: 1 }] }],
] as const) {
  test(`${key} goes when the kernel does not tell it any more`, () => {
    const scene = new Scene();
    scene.apply(2, {}, given);
    assert.notEqual(scene.node(2)[key], undefined);
    scene.apply(2, {});
    assert.equal(scene.node(2)[key], undefined);
  });
}

for (const [key, some, none] of [
  ['IPV4', { ipv4: ['10.0.0.1/24'] }, { ipv4: [] }],
  ['IPV6', { ipv6: ['fe80::1/64'] }, { ipv6: [] }],
  ['Neighbors', { neighbours: [{ ip: '10.0.0.2' }] }, { neighbours: [] }],
  ['FDB', { fdb: [{ mac: '02:00:00:00:00:01' }] }, { fdb: [] }],
  ['RoutingTables', { routes: [{ table: 254, family: 4, protocol: 2 }] }, { routes: [] }],
] as const) {
  test(`${key} goes when its list is empty`, () => {
    const scene = new Scene();
    scene.apply(2, {});
    scene.part(2, some);
    assert.equal((scene.node(2)[key] as unknown[]).length, 1);
    scene.part(2, none);
    assert.equal(scene.node(2)[key], undefined);
  });
}

test('what is as it was raises no event', () => {
  const scene = new Scene();
  const change = { ipv4: ['10.0.0.1/24'], neighbours: [{ ip: '10.0.0.2', state: 2 }] };
  scene.apply(2, change, { mtu: 1500 });
  const events: string[] = [];
  scene.graph.on(({ type }) => events.push(type));
  scene.apply(2, change, { mtu: 1500 });
  assert.deepEqual(events, []);
  scene.apply(2, change, { mtu: 1400 });
  assert.deepEqual(events, ['nodeUpdated']);
});

test('keys of other probes stay', () => {
  const scene = new Scene();
  scene.apply(2, {});
  const { ID } = scene.graph.children(scene.host.ID)[0]!;
  scene.graph.update('node', ID, { set: { UUID: 'u', 'ExtID.iface-id': 'x' } });
  scene.apply(2, {}, { mtu: 1400 });
  assert.equal(scene.node(2)['UUID'], 'u');
});

test('a rename keeps the node', () => {
  const scene = new Scene();
  scene.apply(2, {});
  scene.apply(2, {}, { name: 'renamed' });
  assert.equal(scene.node(2)['Name'], 'renamed');
  assert.equal(scene.graph.nodeCount, 2);
});

test('a lost interface is deleted, a new one with its index is another node', () => {
  const scene = new Scene();
  scene.apply(2, {});
  const before = scene.graph.children(scene.host.ID)[0]!.ID;
  scene.part(2, { gone: 1 });
  assert.equal(scene.graph.nodeCount, 1);
  scene.apply(2, {});
  assert.notEqual(scene.graph.children(scene.host.ID)[0]!.ID, before);
});

test('each tick gives totals and differences since the previous tick', () => {
  const scene = new Scene();
  scene.apply(2, { stats: [5, 0, 100] });
  scene.now = 31_000;
  scene.interfaces.tick();
  scene.part(2, { stats: [9, 0, 150] });
  assert.deepEqual(scene.node(2)['Metric'], { RxBytes: 150, RxPackets: 9, Last: 31_000 });
  assert.deepEqual(scene.node(2)['LastUpdateMetric'], {
    RxBytes: 50,
    RxPackets: 4,
    Start: 1000,
    Last: 31_000,
  });
  scene.now = 61_000;
  scene.interfaces.tick();
  scene.now = 91_000;
  scene.interfaces.tick();
  scene.part(2, { stats: [10, 0, 160] });
  assert.deepEqual(scene.node(2)['LastUpdateMetric'], {
    RxBytes: 10,
    RxPackets: 1,
    Start: 61_000,
    Last: 91_000,
  });
});

test('the node that Open vSwitch made is taken, with its own type', () => {
  const scene = new Scene();
  const { ID } = scene.graph.addNode({
    Metadata: { Name: 'p0', IfIndex: 4, UUID: 'u', Type: 'internal' },
  });
  scene.apply(4, {}, { name: 'p0', driver: 'openvswitch', kind: 'openvswitch' });
  assert.equal(scene.graph.nodeCount, 2);
  assert.equal(scene.node(4)['Type'], 'internal');
  scene.apply(4, {}, { name: 'p0', driver: 'openvswitch', kind: 'openvswitch', mtu: 1400 });
  assert.equal(scene.node(4)['Type'], 'internal');
  scene.part(4, { gone: 1 });
  assert.notEqual(scene.graph.getNode(ID), undefined);
  assert.deepEqual(scene.graph.parents(ID), []);
});

test('an OVS port without a type gets that of the kernel', () => {
  const scene = new Scene();
  scene.graph.addNode({ Metadata: { Name: 'p0', IfIndex: 4, UUID: 'u' } });
  scene.apply(4, {}, { name: 'p0', kind: 'veth' });
  assert.equal(scene.node(4)['Type'], 'veth');
});

test('an OVS interface that moves to another namespace keeps its node', () => {
  const scene = new Scene();
  scene.graph.addNode({ Metadata: { Name: 'p0', IfIndex: 4, UUID: 'u', Type: 'internal' } });
  const ovs = { ...plain, name: 'p0', driver: 'openvswitch' };
  scene.apply(4, {}, ovs);
  const { ID } = scene.graph.children(scene.host.ID)[0]!;
  const netns = scene.graph.addNode({ Metadata: { Name: 'ns', Type: 'netns' } });
  scene.namespace(2, netns.ID).apply({ namespace: 2, index: 4, link: ovs });
  scene.part(4, { gone: 1 });
  assert.deepEqual(
    scene.graph.parents(ID).map((node) => node.ID),
    [netns.ID],
  );
});

test('an interface with the name and index of an OVS one, but another address, is another one', () => {
  const scene = new Scene();
  scene.graph.addNode({ Metadata: { Name: 'eth0', IfIndex: 2, UUID: 'u', MAC: '02:00:00:00:00:01' } });
  scene.apply(2, {}, { name: 'eth0', mac: '02:00:00:00:00:02' });
  assert.equal(scene.node(2)['UUID'], undefined);
});

test('an OVS interface with a driver of its own that has moved already is not deleted in its old place', () => {
  const scene = new Scene();
  const tap = { ...plain, name: 'p0', driver: 'tun', kind: 'tun' };
  scene.apply(4, {}, tap);
  const { ID } = scene.graph.children(scene.host.ID)[0]!;
  scene.graph.update('node', ID, { set: { UUID: 'u', Type: 'internal' } });
  scene.apply(4, {}, { ...tap, mtu: 1400 });
  assert.equal(scene.node(4)['Type'], 'internal');
  const netns = scene.graph.addNode({ Metadata: { Name: 'ns', Type: 'netns' } });
  scene.namespace(2, netns.ID).apply({ namespace: 2, index: 4, link: tap });
  scene.part(4, { gone: 1 });
  assert.deepEqual(
    scene.graph.parents(ID).map((node) => node.ID),
    [netns.ID],
  );
});

test('a bridge is never taken for a node of Open vSwitch', () => {
  const scene = new Scene();
  scene.graph.addNode({ Metadata: { Name: 'br0', IfIndex: 4, UUID: 'u' } });
  scene.apply(4, {}, { name: 'br0', kind: 'bridge' });
  assert.equal(scene.graph.nodeCount, 3);
});

test('nodes of an earlier run are taken over, those that are not there any more go', () => {
  const scene = new Scene();
  scene.apply(2, {}, { speed: 100 });
  scene.apply(3, {});
  const before = scene.graph.children(scene.host.ID).find(({ Metadata }) => Metadata['IfIndex'] === 2)!;
  scene.interfaces = scene.namespace(1, scene.host.ID);
  scene.apply(2, {});
  assert.equal(scene.node(2)['Speed'], undefined);
  scene.interfaces.synced();
  assert.deepEqual(
    scene.graph.children(scene.host.ID).map(({ ID }) => ID),
    [before.ID],
  );
});

test('the name of the namespace behind a link follows when it becomes known', () => {
  const scene = new Scene();
  scene.apply(2, {}, { kind: 'veth', nsid: 0 });
  assert.equal(scene.node(2)['LinkNetNsName'], '');
  scene.apply(2, {}, { kind: 'veth', nsid: 0, peerNamespace: 2 });
  assert.equal(scene.node(2)['LinkNetNsName'], 'ns2');
});

test('edges between interfaces are layer2, those of owners ownership', () => {
  const scene = new Scene();
  scene.apply(2, {}, { kind: 'bridge' });
  scene.apply(3, {}, { master: 2 });
  const types = [...scene.graph.edges()].map(({ Metadata }) => Metadata['RelationType']);
  assert.deepEqual(types.sort(), [relation.layer2, relation.ownership, relation.ownership]);
});
