// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../../graph/graph.js';
import type { LinkFacts } from '../../../native/netlink-monitor.js';
import { InterfaceLinks, type LinkedInterface } from './interface-links.js';

const plain: LinkFacts = { name: 'x', kind: '', type: 1, flags: 0, state: 6, driver: '', bus: '' };

class Scene {
  readonly graph = new Graph({ host: 'h', origin: 'agent.h' });
  readonly links = new InterfaceLinks(this.graph);

  add(namespace: number, index: number, facts: Partial<LinkFacts>): LinkedInterface {
    const name = `${namespace}/${index}`;
    const { ID } = this.graph.addNode({ Metadata: { Name: name } });
    const own = { namespace, index, nodeId: ID, link: { ...plain, name, ...facts } };
    this.links.add(own);
    return own;
  }

  change(own: LinkedInterface, facts: Partial<LinkFacts>): void {
    own.link = { ...own.link, ...facts };
    this.links.update(own);
  }

  remove(own: LinkedInterface): void {
    this.graph.deleteNode(own.nodeId);
    this.links.remove(own);
  }

  /** `parent>child` with the edge's Type. */
  get edges(): string[] {
    const name = (id: string) => this.graph.getNode(id)!.Metadata['Name'];
    return [...this.graph.edges()]
      .map(({ Parent, Child, Metadata }) => {
        assert.equal(Metadata['RelationType'], 'layer2');
        return `${name(Parent)}>${name(Child)}${Metadata['Type'] === undefined ? '' : ` ${Metadata['Type']}`}`;
      })
      .sort();
  }
}

test('a master is joined with its members, whichever comes first', () => {
  const scene = new Scene();
  scene.add(1, 3, { master: 2 });
  assert.deepEqual(scene.edges, []);
  scene.add(1, 2, { kind: 'bridge' });
  scene.add(1, 4, { master: 2 });
  assert.deepEqual(scene.edges, ['1/2>1/3', '1/2>1/4']);
});

test('an index means an interface of the same namespace', () => {
  const scene = new Scene();
  scene.add(2, 2, { kind: 'bridge' });
  scene.add(1, 3, { master: 2 });
  assert.deepEqual(scene.edges, []);
});

test('the edge goes when the master changes or ends, for bonds as for bridges', () => {
  const scene = new Scene();
  scene.add(1, 2, { kind: 'bond' });
  const other = scene.add(1, 5, { kind: 'vrf' });
  const member = scene.add(1, 3, { master: 2 });
  scene.change(member, { master: 5 });
  assert.deepEqual(scene.edges, ['1/5>1/3']);
  const { master: _, ...free } = member.link;
  member.link = free;
  scene.links.update(member);
  assert.deepEqual(scene.edges, []);
  scene.change(member, { master: 5 });
  scene.remove(other);
  assert.deepEqual(scene.edges, []);
  scene.add(1, 5, { kind: 'vrf' });
  assert.deepEqual(scene.edges, ['1/5>1/3']);
});

test('the datapath of Open vSwitch is no master', () => {
  const scene = new Scene();
  scene.add(1, 2, { name: 'ovs-system', kind: 'openvswitch' });
  scene.add(1, 3, { master: 2 });
  assert.deepEqual(scene.edges, []);
});

test('a vlan hangs below its lower interface, also across namespaces', () => {
  const scene = new Scene();
  scene.add(1, 2, {});
  scene.add(1, 3, { kind: 'vlan', vlan: 10, parent: 2 });
  scene.add(2, 3, { kind: 'vlan', vlan: 11, parent: 2, nsid: 0, peerNamespace: 1 });
  assert.deepEqual(scene.edges, ['1/2>1/3 vlan', '1/2>2/3 vlan']);
});

for (const kind of ['vxlan', 'gre', 'ipip', 'macvlan', 'ipvlan']) {
  test(`${kind} has no edge to what it runs over`, () => {
    const scene = new Scene();
    scene.add(1, 2, {});
    scene.add(1, 3, { kind, parent: 2 });
    assert.deepEqual(scene.edges, []);
  });
}

test('a veth pair is joined once, from the higher index to the lower', () => {
  const scene = new Scene();
  scene.add(1, 4, { kind: 'veth', parent: 5, peer: 5 });
  scene.add(1, 5, { kind: 'veth', parent: 4, peer: 4 });
  assert.deepEqual(scene.edges, ['1/5>1/4 veth']);
});

test('a veth pair across namespaces is found by nsid, even with equal indexes', () => {
  const scene = new Scene();
  scene.add(3, 4, { kind: 'veth', parent: 9 });
  scene.add(1, 4, { kind: 'veth', parent: 4, nsid: 0, peerNamespace: 2 });
  scene.add(2, 4, { kind: 'veth', parent: 4, nsid: 7, peerNamespace: 1 });
  assert.deepEqual(scene.edges, ['1/4>2/4 veth']);
});

test('a pair waits until the namespace of the peer is known', () => {
  const scene = new Scene();
  const near = scene.add(1, 4, { kind: 'veth', parent: 4, nsid: 0 });
  scene.add(2, 4, { kind: 'veth', parent: 4, nsid: 7, peerNamespace: 1 });
  assert.deepEqual(scene.edges, []);
  scene.change(near, { peerNamespace: 2 });
  assert.deepEqual(scene.edges, ['1/4>2/4 veth']);
});

test('an interface that took over the index of a peer is not taken for it', () => {
  const scene = new Scene();
  scene.add(1, 4, { kind: 'veth', parent: 5 });
  scene.add(1, 5, { kind: 'veth', parent: 6 });
  scene.add(1, 7, { kind: 'veth', parent: 8 });
  scene.add(1, 8, { kind: 'bridge' });
  assert.deepEqual(scene.edges, []);
});

test('a peer that went is joined again when it comes back', () => {
  const scene = new Scene();
  scene.add(1, 4, { kind: 'veth', parent: 5 });
  const peer = scene.add(1, 5, { kind: 'veth', parent: 4 });
  scene.remove(peer);
  assert.deepEqual(scene.edges, []);
  scene.add(1, 5, { kind: 'veth', parent: 4 });
  assert.deepEqual(scene.edges, ['1/5>1/4 veth']);
});
