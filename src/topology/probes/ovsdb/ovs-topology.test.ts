// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetadataMap, Node } from '../../../graph/element.js';
import { Graph } from '../../../graph/graph.js';
import { silentLogger } from '../../../log/logger.js';
import { Replica } from '../../../ovs/replica.js';
import { mapOf, type Row, referenceTo, setOf } from '../../../ovs/value.js';
import { TidMapper } from '../../tid.js';
import { OvsTopology } from './ovs-topology.js';

class Scene {
  readonly graph = new Graph({ host: 'h', origin: 'agent.h' });
  readonly host = this.graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
  readonly waiting: (() => void)[] = [];
  readonly topology = new OvsTopology({
    graph: this.graph,
    hostNodeId: this.host.ID,
    logger: {
      ...silentLogger,
      error: (message) => {
        throw new Error(message);
      },
    },
    after: (_, callback) => {
      this.waiting.push(callback);
      return () => this.waiting.splice(this.waiting.indexOf(callback), 1);
    },
  });
  readonly replica = new Replica((change) => this.topology.change(change));

  constructor() {
    new TidMapper(this.graph, silentLogger).start();
    this.topology.start();
  }

  put(table: string, uuid: string, row: Row): void {
    this.replica.apply({ table, uuid, new: row });
  }

  gone(table: string, uuid: string): void {
    this.replica.apply({ table, uuid });
  }

  bridge(uuid: string, ports: readonly string[], more: Row = {}): void {
    this.put('Bridge', uuid, { name: uuid, ports: setOf(ports.map(referenceTo)), ...more });
  }

  port(uuid: string, interfaces: readonly string[], more: Row = {}): void {
    this.put('Port', uuid, { name: uuid, interfaces: setOf(interfaces.map(referenceTo)), ...more });
  }

  interface(uuid: string, row: Row = {}): void {
    this.put('Interface', uuid, { name: uuid, type: '', ...row });
  }

  /** A bridge `br` with a port `p` that has an interface. */
  usual(name: string, row: Row = {}): void {
    this.bridge('br', ['p']);
    this.port('p', [`i-${name}`]);
    this.interface(`i-${name}`, { name, ...row });
  }

  /** As the netlink probe makes them. */
  kernel(Name: string, IfIndex: number, more: MetadataMap = {}): Node {
    const node = this.graph.addNode({
      Metadata: { Name, IfIndex, EncapType: 'ether', Type: 'veth', Driver: 'veth', ...more },
    });
    this.graph.addOwnership(this.host.ID, node.ID);
    return this.graph.getNode(node.ID)!;
  }

  node(uuid: string): Node {
    const found = [...this.graph.nodes()].filter(({ Metadata }) => Metadata['UUID'] === uuid);
    assert.equal(found.length, 1, uuid);
    return found[0]!;
  }

  has(uuid: string): boolean {
    return [...this.graph.nodes()].some(({ Metadata }) => Metadata['UUID'] === uuid);
  }

  /** `parent>child relation`, by UUID or else Name; sorted. */
  edges(): string[] {
    const name = (id: string) => {
      const { UUID, Name } = this.graph.getNode(id)!.Metadata;
      return String(UUID ?? Name);
    };
    return [...this.graph.edges()]
      .map(({ Parent, Child, Metadata: { RelationType, Type } }) =>
        [`${name(Parent)}>${name(Child)}`, RelationType, ...(Type === undefined ? [] : [Type])].join(' '),
      )
      .sort();
  }

  elapse(): void {
    for (const callback of this.waiting.splice(0)) callback();
  }
}

test('bridge, port and interface are joined, in whatever order the rows come', () => {
  const rows: ((scene: Scene) => void)[] = [
    (scene) => scene.bridge('br', ['p', 'q']),
    (scene) => scene.port('p', ['i']),
    (scene) => scene.port('q', ['j']),
    (scene) => scene.interface('i', { type: 'patch', options: mapOf({ peer: 'j' }) }),
    (scene) => scene.interface('j', { type: 'patch', options: mapOf({ peer: 'i' }) }),
  ];
  for (let first = 0; first < rows.length; first++) {
    for (const order of [rows, [...rows].reverse()]) {
      const scene = new Scene();
      for (const row of [...order.slice(first), ...order.slice(0, first)]) row(scene);
      assert.deepEqual(scene.edges(), [
        'br>i ownership',
        'br>j ownership',
        'br>p layer2',
        'br>p ownership',
        'br>q layer2',
        'br>q ownership',
        'h>br ownership',
        'i>j layer2 patch',
        'p>i layer2',
        'q>j layer2',
      ]);
      assert.equal(scene.graph.nodeCount, 6);
    }
  }
});

for (const [name, row, owner] of [
  ['a patch port', { type: 'patch' }, 'br'],
  ['a tunnel', { type: 'vxlan' }, 'br'],
  ['a dpdk port with a driver of its own', { type: 'dpdk', status: mapOf({ driver_name: 'net_x' }) }, 'br'],
  ['a vhost-user port', { type: 'dpdkvhostuserclient', status: mapOf({ driver_name: 'vhost' }) }, 'br'],
  ['an internal port that the kernel has not told of', { type: 'internal' }, 'br'],
  ['a device with a driver', { status: mapOf({ driver_name: 'e1000' }) }, undefined],
] as const) {
  test(`${name} is owned by ${owner ?? 'nobody'}`, () => {
    const scene = new Scene();
    scene.usual('x', row);
    const owners = scene.edges().filter((edge) => edge.endsWith('>i-x ownership'));
    assert.deepEqual(owners, owner === undefined ? [] : [`${owner}>i-x ownership`]);
  });
}

test('a bridge does not own any more what turns out to be a device with a driver', () => {
  const scene = new Scene();
  scene.usual('x');
  assert.ok(scene.edges().includes('br>i-x ownership'));
  scene.usual('x', { status: mapOf({ driver_name: 'e1000' }) });
  assert.ok(!scene.edges().includes('br>i-x ownership'));
});

test('TIDs of bridges and ports follow from their UUIDs, those below the bridge are there', () => {
  const scene = new Scene();
  scene.usual('x', { type: 'patch' });
  for (const uuid of ['br', 'p', 'i-x'])
    assert.equal(typeof scene.node(uuid).Metadata['TID'], 'string', uuid);
});

test('what the kernel told first is completed', () => {
  const scene = new Scene();
  const kernel = scene.kernel('eth1', 7, { MAC: '02:00:00:00:00:07' });
  scene.usual('eth1', { ifindex: 7, mac_in_use: '02:00:00:00:00:07', ofport: 3 });
  const node = scene.node('i-eth1');
  assert.equal(node.ID, kernel.ID);
  assert.equal(node.Metadata['OfPort'], 3);
  assert.equal(node.Metadata['Type'], 'veth');
  assert.equal(node.Metadata['Driver'], 'veth');
  assert.ok(scene.edges().includes('h>i-eth1 ownership'));
  assert.ok(scene.edges().includes('p>i-eth1 layer2'));
});

test('what Open vSwitch told first goes when the kernel tells of the same interface', () => {
  const scene = new Scene();
  scene.usual('in0', { type: 'internal', mac_in_use: '02:00:00:00:00:07' });
  const before = scene.node('i-in0').ID;
  const kernel = scene.kernel('in0', 7, { MAC: '02:00:00:00:00:07', Type: 'tuntap', Driver: 'tun' });
  const node = scene.node('i-in0');
  assert.equal(node.ID, kernel.ID);
  assert.equal(scene.graph.getNode(before), undefined);
  assert.equal(node.Metadata['Type'], 'internal');
  assert.deepEqual(
    scene.edges().filter((edge) => edge.includes('>i-in0')),
    ['h>i-in0 ownership', 'p>i-in0 layer2'],
  );
});

test('the TID of an internal port does not depend on who told of it first', () => {
  const tids = [true, false].map((kernelFirst) => {
    const scene = new Scene();
    const address = '02:00:00:00:00:07';
    const kernel = () => scene.kernel('in0', 7, { MAC: address, Type: 'tuntap', Driver: 'tun' });
    if (kernelFirst) kernel();
    scene.usual('in0', { type: 'internal', ifindex: 7, mac_in_use: address });
    if (!kernelFirst) kernel();
    return scene.node('i-in0').Metadata['TID'];
  });
  assert.equal(typeof tids[0], 'string');
  assert.equal(tids[0], tids[1]);
});

for (const [name, row, facts, same] of [
  ['the same index', { ifindex: 7 }, {}, true],
  ['another index', { ifindex: 8 }, {}, false],
  ['the same address and no index', { mac_in_use: '02:00:00:00:00:07' }, {}, true],
  ['another address and no index', { mac_in_use: '02:00:00:00:00:08' }, {}, false],
  ['nothing known but the name', {}, {}, false],
  [
    'the address that is attached',
    { external_ids: mapOf({ 'attached-mac': '02:00:00:00:00:07' }) },
    {},
    true,
  ],
  ['a new address on the host', { ifindex: 7, mac_in_use: '02:00:00:00:00:08' }, {}, true],
] as const) {
  test(`an interface of the kernel with ${name} is ${same ? '' : 'not '}that of the row`, () => {
    const scene = new Scene();
    const kernel = scene.kernel('eth1', 7, { MAC: '02:00:00:00:00:07', ...facts });
    scene.usual('eth1', row);
    assert.equal(scene.node('i-eth1').ID === kernel.ID, same);
  });
}

test('an interface of the same name and index in another namespace is another one', () => {
  const scene = new Scene();
  const netns = scene.graph.addNode({ Metadata: { Type: 'netns', Name: 'n', Path: '/n' } });
  const other = scene.kernel('eth0', 2, { MAC: '02:00:00:00:00:02' });
  scene.graph.addOwnership(netns.ID, other.ID);
  scene.usual('eth0', { ifindex: 2, mac_in_use: '02:00:00:00:00:01' });
  assert.notEqual(scene.node('i-eth0').ID, other.ID);
});

test('what a row does not say any more goes from its node', () => {
  const scene = new Scene();
  scene.usual('x', {
    type: 'vxlan',
    options: mapOf({ remote_ip: '10.0.0.2' }),
    external_ids: mapOf({ a: '1', b: '2' }),
    error: 'e',
  });
  scene.interface('i-x', { name: 'x', type: 'vxlan', external_ids: mapOf({ b: '3' }) });
  const { Metadata } = scene.node('i-x');
  assert.equal(Metadata['RemoteIP'], undefined);
  assert.deepEqual(Metadata['ExtID'], { b: '3' });
  assert.equal(Metadata['Ovs'], undefined);
});

test('what others have written on a node stays', () => {
  const scene = new Scene();
  scene.usual('x', { external_ids: mapOf({ a: '1' }) });
  scene.graph.update('node', scene.node('i-x').ID, { set: { 'ExtID.vm-uuid': 'v', Manager: 'neutron' } });
  scene.interface('i-x', { name: 'x' });
  assert.deepEqual(scene.node('i-x').Metadata['ExtID'], { 'vm-uuid': 'v' });
  assert.equal(scene.node('i-x').Metadata['Manager'], 'neutron');
});

test('a row that is told again changes nothing', () => {
  const scene = new Scene();
  const kernel = scene.kernel('eth1', 7, { MAC: '02:00:00:00:00:07' });
  scene.usual('eth1', { ifindex: 7, external_ids: mapOf({ a: '1' }) });
  const before = [scene.graph.getNode(kernel.ID)!.Revision, scene.node('br').Revision];
  scene.replica.begin();
  scene.usual('eth1', { ifindex: 7, external_ids: mapOf({ a: '1' }) });
  scene.replica.end();
  assert.deepEqual([scene.graph.getNode(kernel.ID)!.Revision, scene.node('br').Revision], before);
});

test('deleted bridges and ports go', () => {
  const scene = new Scene();
  scene.usual('x', { type: 'patch' });
  scene.gone('Interface', 'i-x');
  scene.gone('Port', 'p');
  scene.gone('Bridge', 'br');
  assert.deepEqual(
    [...scene.graph.nodes()].map(({ Metadata }) => Metadata['Name']),
    ['h'],
  );
});

for (const [name, driver, stays] of [
  ['of a driver', 'veth', true],
  ['of the datapath', 'openvswitch', false],
] as const) {
  test(`an interface of the kernel ${name} ${stays ? 'stays' : 'goes'} when its row goes`, () => {
    const scene = new Scene();
    scene.kernel('x', 7, { Driver: driver });
    scene.usual('x', { ifindex: 7, external_ids: mapOf({ a: '1' }) });
    scene.bridge('br', []);
    scene.gone('Port', 'p');
    scene.gone('Interface', 'i-x');
    assert.equal(scene.has('i-x'), stays);
    if (stays) {
      assert.deepEqual(scene.node('i-x').Metadata['ExtID'], { a: '1' });
      assert.deepEqual(scene.edges(), ['h>br ownership', 'h>i-x ownership']);
    }
  });
}

test('an interface with a driver that only Open vSwitch told of goes with its row', () => {
  const scene = new Scene();
  scene.usual('x', { status: mapOf({ driver_name: 'veth' }) });
  scene.gone('Interface', 'i-x');
  assert.equal(scene.has('i-x'), false);
});

test('an interface that leaves a bond is not joined with it any more', () => {
  const scene = new Scene();
  scene.bridge('br', ['p']);
  scene.port('p', ['i', 'j']);
  scene.interface('i', { type: 'dpdk' });
  scene.interface('j', { type: 'dpdk' });
  scene.port('p', ['i']);
  assert.ok(scene.edges().includes('p>i layer2'));
  assert.ok(!scene.edges().includes('p>j layer2'));
});

test('a port that moves belongs to its new bridge alone, whichever bridge is told first', () => {
  for (const order of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const scene = new Scene();
    scene.bridge('a', ['p']);
    scene.bridge('b', []);
    scene.port('p', ['i']);
    scene.interface('i', { type: 'patch' });
    for (const name of order) scene.bridge(name, name === 'b' ? ['p'] : []);
    assert.deepEqual(scene.edges(), [
      'b>i ownership',
      'b>p layer2',
      'b>p ownership',
      'h>a ownership',
      'h>b ownership',
      'p>i layer2',
    ]);
  }
});

test('patch ports are joined as long as one names the other', () => {
  const scene = new Scene();
  const patch = (uuid: string, peer?: string) =>
    scene.interface(uuid, { type: 'patch', options: peer === undefined ? mapOf({}) : mapOf({ peer }) });
  const joined = () => scene.edges().filter((edge) => edge.endsWith('patch'));
  patch('a', 'b');
  assert.deepEqual(joined(), []);
  patch('b');
  assert.deepEqual(joined(), ['a>b layer2 patch']);
  patch('b', 'a');
  patch('a', 'c');
  assert.deepEqual(joined(), ['a>b layer2 patch']);
  patch('b', 'c');
  assert.deepEqual(joined(), []);
  patch('c', 'a');
  assert.deepEqual(joined(), ['a>c layer2 patch', 'b>c layer2 patch']);
  scene.interface('c', { type: 'internal' });
  assert.deepEqual(joined(), []);
});

test('a node that the kernel takes away comes back when the row stays', () => {
  const scene = new Scene();
  const kernel = scene.kernel('in0', 7, { Type: 'tuntap', Driver: 'tun' });
  scene.usual('in0', { type: 'internal', ifindex: 7 });
  scene.graph.deleteNode(kernel.ID);
  assert.equal(scene.has('i-in0'), false);
  scene.elapse();
  assert.ok(scene.edges().includes('p>i-in0 layer2'));
  assert.ok(scene.edges().includes('br>i-in0 ownership'));
});

test('a node that comes back at once is taken again', () => {
  const scene = new Scene();
  const first = scene.kernel('in0', 7, { Type: 'tuntap', Driver: 'tun' });
  scene.usual('in0', { type: 'internal', ifindex: 7, mac_in_use: '02:00:00:00:00:07' });
  scene.graph.deleteNode(first.ID);
  const second = scene.kernel('in0', 9, { MAC: '02:00:00:00:00:07' });
  scene.interface('i-in0', { name: 'in0', type: 'internal', ifindex: 9 });
  assert.equal(scene.node('i-in0').ID, second.ID);
  scene.elapse();
  assert.equal(scene.node('i-in0').ID, second.ID);
  assert.equal(scene.node('i-in0').Metadata['Type'], 'internal');
});

test('a node that comes back is taken by its former address when the row has lost sight of it', () => {
  const scene = new Scene();
  const MAC = '02:00:00:00:00:07';
  const first = scene.kernel('in0', 7, { MAC, Type: 'tuntap', Driver: 'tun' });
  scene.usual('in0', { type: 'internal', ifindex: 7, mac_in_use: MAC });
  scene.graph.deleteNode(first.ID);
  scene.interface('i-in0', { name: 'in0', type: 'internal', error: 'No such device' });
  const second = scene.kernel('in0', 7, { MAC });
  assert.equal(scene.node('i-in0').ID, second.ID);
  const names = [...scene.graph.nodes()].map(({ Metadata }) => Metadata['Name']);
  assert.deepEqual(names.sort(), ['br', 'h', 'in0', 'p']);
});

test('a row that goes while its node is away leaves nothing', () => {
  const scene = new Scene();
  const kernel = scene.kernel('in0', 7, { Driver: 'tun' });
  scene.usual('in0', { type: 'internal', ifindex: 7 });
  scene.graph.deleteNode(kernel.ID);
  scene.gone('Interface', 'i-in0');
  scene.elapse();
  assert.equal(scene.has('i-in0'), false);
});

test('what the graph did while the probe was stopped is made up for', () => {
  const scene = new Scene();
  const kernel = scene.kernel('in0', 7, { Driver: 'tun' });
  scene.usual('in0', { type: 'internal', ifindex: 7 });
  scene.topology.stop();
  scene.graph.deleteNode(kernel.ID);
  scene.topology.start();
  assert.ok(scene.edges().includes('p>i-in0 layer2'));
  scene.topology.stop();
  const again = scene.kernel('in0', 7, { Driver: 'tun' });
  scene.topology.start();
  assert.equal(scene.node('i-in0').ID, again.ID);
});

test('an interface that the kernel renames is none of Open vSwitch any more', () => {
  const scene = new Scene();
  const kernel = scene.kernel('eth1', 7);
  scene.usual('eth1', { ifindex: 7, ofport: 3, external_ids: mapOf({ a: '1' }) });
  scene.graph.update('node', kernel.ID, { set: { Name: 'eth9' } });
  const { Metadata } = scene.graph.getNode(kernel.ID)!;
  assert.equal(Metadata['UUID'], undefined);
  assert.equal(Metadata['OfPort'], undefined);
  assert.equal(Metadata['ExtID'], undefined);
  assert.equal(Metadata['IfIndex'], 7);
  assert.equal(Metadata['Driver'], 'veth');
  scene.interface('i-eth1', { name: 'eth1', error: 'no such device' });
  assert.deepEqual(scene.node('i-eth1').Metadata['Ovs'], { Error: 'no such device' });
  scene.graph.update('node', kernel.ID, { set: { Name: 'eth1' } });
  scene.interface('i-eth1', { name: 'eth1', ifindex: 7 });
  assert.equal(scene.node('i-eth1').ID, kernel.ID);
});

test('the device of the datapath shows what the switch is, before and after', () => {
  for (const deviceFirst of [true, false]) {
    const scene = new Scene();
    const device = () =>
      scene.kernel('ovs-system', 5, { Type: 'openvswitch', Driver: 'openvswitch', State: 'DOWN' });
    if (deviceFirst) device();
    scene.put('Open_vSwitch', 'o', { ovs_version: '3.1.0', external_ids: mapOf({ hostname: 'h' }) });
    if (!deviceFirst) device();
    const { ID } = scene.graph.lookupFirstNode({ kind: 'term', key: 'Name', value: 'ovs-system' })!;
    assert.deepEqual(scene.graph.getNode(ID)!.Metadata['Ovs'], { Version: '3.1.0' });
    scene.put('Open_vSwitch', 'o', { ovs_version: '3.2.0' });
    assert.deepEqual(scene.graph.getNode(ID)!.Metadata['Ovs'], { Version: '3.2.0' });
    assert.equal(scene.graph.getNode(ID)!.Metadata['ExtID'], undefined);
  }
});

test('rows that went while nobody was connected are deleted after the next connection', () => {
  const scene = new Scene();
  scene.bridge('a', ['p']);
  scene.port('p', ['i']);
  scene.interface('i', { type: 'patch' });
  scene.replica.begin();
  scene.bridge('b', []);
  scene.replica.end();
  assert.deepEqual(scene.edges(), ['h>b ownership']);
});

test('statistics show what Open vSwitch counted, and stay while it tells other things', () => {
  const scene = new Scene();
  const count = (packets: number, more: Row = {}) =>
    scene.usual('x', { type: 'vxlan', statistics: ['map', [['rx_packets', packets]]], ...more });
  count(5);
  assert.deepEqual((scene.node('i-x').Metadata['Ovs'] as MetadataMap)['Metric'], { RxPackets: 5 });
  count(9);
  const { Metric, LastUpdateMetric } = scene.node('i-x').Metadata['Ovs'] as Record<string, MetadataMap>;
  assert.equal(Metric?.['RxPackets'], 9);
  assert.equal(LastUpdateMetric?.['RxPackets'], 4);
  count(9, { error: 'e' });
  assert.deepEqual((scene.node('i-x').Metadata['Ovs'] as MetadataMap)['Metric'], Metric);
});

test('rows of any shape are shown as far as they can be, and leave nothing behind', () => {
  const column = fc.constantFrom(
    ...['name', 'ports', 'interfaces', 'type', 'options', 'external_ids', 'other_config', 'status', 'tag'],
    ...['error', 'ifindex', 'mac_in_use', 'ofport', 'protocols', 'bond_mode', 'statistics'],
  );
  const reference = fc.constantFrom('u0', 'u1', 'u2', 'u3').map(referenceTo);
  const value = fc.oneof(
    fc.jsonValue(),
    reference,
    fc.array(reference).map(setOf),
    fc
      .dictionary(fc.oneof(fc.string(), fc.constantFrom('peer', 'a.b', 'a', '__proto__')), fc.string())
      .map(mapOf),
    fc.constantFrom('patch', 'internal', 'p0', 'p1', 7),
  );
  const change = fc.record({
    table: fc.constantFrom('Bridge', 'Port', 'Interface', 'Open_vSwitch'),
    uuid: fc.constantFrom('u0', 'u1', 'u2', 'u3'),
    row: fc.option(fc.dictionary(column, value)),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const scene = new Scene();
      for (const { table, uuid, row } of changes) {
        if (row === null) scene.gone(table, uuid);
        else scene.put(table, uuid, row as Row);
      }
      scene.replica.begin();
      scene.replica.end();
      assert.equal(scene.graph.nodeCount, 1);
      assert.equal(scene.graph.edgeCount, 0);
    }),
    { numRuns: 300 },
  );
});
