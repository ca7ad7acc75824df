// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapOf, type Row, setOf } from '../../../ovs/value.js';
import { sampleOf, statisticsMetadata } from './interface-statistics.js';
import { nested } from './nested.js';
import {
  bridgeMetadata,
  interfaceMetadata,
  portMetadata,
  type RowMetadata,
  switchMetadata,
} from './row-metadata.js';

const none = setOf([]);
const noMap = mapOf({});

const bridge: Row = { name: 'br0', ports: none, external_ids: noMap, other_config: noMap, protocols: none };
const bridgeBase = { Name: 'br0', UUID: 'u', Type: 'ovsbridge' };

const port: Row = {
  name: 'p0',
  tag: none,
  bond_mode: none,
  lacp: none,
  external_ids: noMap,
  other_config: noMap,
};
const portBase = { Name: 'p0', UUID: 'u', Type: 'ovsport' };

const plain: Row = {
  name: 'i0',
  type: '',
  options: noMap,
  external_ids: noMap,
  other_config: noMap,
  status: noMap,
  error: none,
  ifindex: none,
  mac_in_use: none,
  ofport: none,
};
const plainBase = { Name: 'i0', UUID: 'u', Driver: 'openvswitch' };

const rows: readonly [
  string,
  (uuid: string, row: Row) => RowMetadata,
  Row,
  Record<string, unknown>,
  Row,
  object,
][] = [
  ['a bridge', bridgeMetadata, bridge, bridgeBase, {}, {}],
  [
    'a bridge with a configuration',
    bridgeMetadata,
    bridge,
    bridgeBase,
    { other_config: mapOf({ 'mac-table-size': '10', 'a.b': 'c' }) },
    { 'Ovs.OtherConfig': { 'mac-table-size': '10', 'a.b': 'c' } },
  ],
  [
    'a bridge with protocols',
    bridgeMetadata,
    bridge,
    bridgeBase,
    { protocols: setOf(['OpenFlow10', 'OpenFlow13']) },
    { 'Ovs.Protocols': ['OpenFlow10', 'OpenFlow13'] },
  ],
  [
    'a bridge with one protocol',
    bridgeMetadata,
    bridge,
    bridgeBase,
    { protocols: 'OpenFlow13' },
    { 'Ovs.Protocols': ['OpenFlow13'] },
  ],
  [
    'a bridge with external ids',
    bridgeMetadata,
    bridge,
    bridgeBase,
    { external_ids: mapOf({ 'bridge-id': 'br-int', 'a.b': '1' }) },
    { 'ExtID.bridge-id': 'br-int', 'ExtID.a.b': '1' },
  ],
  ['a port', portMetadata, port, portBase, {}, {}],
  ['a port with a tag', portMetadata, port, portBase, { tag: 42 }, { Vlans: 42 }],
  ['a port with tags', portMetadata, port, portBase, { tag: setOf([1, 2]) }, { Vlans: [1, 2] }],
  [
    'a bond',
    portMetadata,
    port,
    portBase,
    { bond_mode: 'balance-slb', lacp: 'active' },
    { BondMode: 'balance-slb', LACP: 'active' },
  ],
  [
    'a port with a configuration and external ids',
    portMetadata,
    port,
    portBase,
    { other_config: mapOf({ a: 'b' }), external_ids: mapOf({ c: 'd' }) },
    { 'Ovs.OtherConfig': { a: 'b' }, 'ExtID.c': 'd' },
  ],
  ['trunks do not show', portMetadata, port, portBase, { trunks: setOf([1]), vlan_mode: 'trunk' }, {}],
  ['an interface', interfaceMetadata, plain, plainBase, {}, {}],
  ['an interface by its type', interfaceMetadata, plain, plainBase, { type: 'dpdk' }, { Type: 'dpdk' }],
  ['the type system is none', interfaceMetadata, plain, plainBase, { type: 'system' }, {}],
  [
    'an interface with its driver',
    interfaceMetadata,
    plain,
    plainBase,
    { status: mapOf({ driver_name: 'veth' }) },
    { Driver: 'veth' },
  ],
  ['the number of a port', interfaceMetadata, plain, plainBase, { ofport: 4 }, { OfPort: 4 }],
  ['the number of a port in error', interfaceMetadata, plain, plainBase, { ofport: -1 }, { OfPort: -1 }],
  ['no number of a port', interfaceMetadata, plain, plainBase, { ofport: 0 }, {}],
  [
    'an index and an address',
    interfaceMetadata,
    plain,
    plainBase,
    { ifindex: 9, mac_in_use: '02:00:00:00:00:01' },
    { IfIndex: 9, MAC: '02:00:00:00:00:01' },
  ],
  ['no index', interfaceMetadata, plain, plainBase, { ifindex: 0 }, {}],
  [
    'an internal interface has the address of the kernel',
    interfaceMetadata,
    plain,
    plainBase,
    { type: 'internal', mac_in_use: '02:00:00:00:00:01' },
    { Type: 'internal' },
  ],
  [
    'options, configuration, error and external ids',
    interfaceMetadata,
    plain,
    plainBase,
    {
      type: 'patch',
      options: mapOf({ peer: 'i1' }),
      other_config: mapOf({ a: 'b' }),
      error: 'could not open network device i0',
      external_ids: mapOf({ 'iface-id': 'x', 'vm-uuid': 'y' }),
    },
    {
      Type: 'patch',
      'Ovs.Options': { peer: 'i1' },
      'Ovs.OtherConfig': { a: 'b' },
      'Ovs.Error': 'could not open network device i0',
      'ExtID.iface-id': 'x',
      'ExtID.vm-uuid': 'y',
    },
  ],
  ...['gre', 'vxlan', 'geneve'].map(
    (type) =>
      [
        `a tunnel of type ${type}`,
        interfaceMetadata,
        plain,
        plainBase,
        {
          type,
          options: mapOf({ local_ip: '10.0.0.1', remote_ip: '10.0.0.2' }),
          status: mapOf({ tunnel_egress_iface: 'eth0', tunnel_egress_iface_carrier: 'up' }),
        },
        {
          Type: type,
          LocalIP: '10.0.0.1',
          RemoteIP: '10.0.0.2',
          TunEgressIface: 'eth0',
          TunEgressIfaceCarrier: 'up',
          'Ovs.Options': { local_ip: '10.0.0.1', remote_ip: '10.0.0.2' },
        },
      ] as (typeof rows)[number],
  ),
];

for (const [name, metadataOf, base, baseMetadata, columns, expected] of rows) {
  test(`${name} shows as metadata`, () => {
    assert.deepEqual(metadataOf('u', { ...base, ...columns }), { ...baseMetadata, ...expected });
  });
}

test('the root row shows version, configuration and external ids', () => {
  const row = {
    ovs_version: '3.1.0',
    db_version: '8.3.1',
    other_config: mapOf({ 'stats-update-interval': '5000' }),
    external_ids: mapOf({ hostname: 'h' }),
  };
  assert.deepEqual(switchMetadata(row), {
    'Ovs.Version': '3.1.0',
    'Ovs.DBVersion': '8.3.1',
    'Ovs.OtherConfig': { 'stats-update-interval': '5000' },
    'ExtID.hostname': 'h',
  });
  assert.deepEqual(switchMetadata({ ovs_version: none, other_config: noMap }), {});
});

test('a new node has the paths nested, a text before what would be below it', () => {
  assert.deepEqual(nested({ Name: 'a', 'ExtID.b.c': '1', 'ExtID.b': '2', 'Ovs.Error': 'x' }), {
    Name: 'a',
    ExtID: { b: '2' },
    Ovs: { Error: 'x' },
  });
});

test('each statistic has its name', () => {
  const columns = {
    collisions: 'Collisions',
    rx_bytes: 'RxBytes',
    rx_crc_err: 'RxCrcErrors',
    rx_dropped: 'RxDropped',
    rx_errors: 'RxErrors',
    rx_frame_err: 'RxFrameErrors',
    rx_over_err: 'RxOverErrors',
    rx_packets: 'RxPackets',
    tx_bytes: 'TxBytes',
    tx_dropped: 'TxDropped',
    tx_errors: 'TxErrors',
    tx_packets: 'TxPackets',
  };
  for (const [column, field] of Object.entries(columns)) {
    const first = sampleOf(['map', [[column, 5]]], 1000);
    assert.deepEqual(statisticsMetadata(first, undefined), { 'Ovs.Metric': { [field]: 5 } });
    assert.deepEqual(statisticsMetadata(sampleOf(['map', [[column, 8]]], 2000), first), {
      'Ovs.Metric': { [field]: 8, Last: 2000 },
      'Ovs.LastUpdateMetric': { [field]: 3, Start: 1000, Last: 2000 },
    });
  }
});

test('statistics without a change show nothing new', () => {
  const first = sampleOf(['map', [['rx_packets', 5]]], 1000);
  assert.deepEqual(statisticsMetadata(sampleOf(['map', [['rx_packets', 5]]], 2000), first), {});
  assert.deepEqual(statisticsMetadata(sampleOf(['map', []], 1000), undefined), {});
});
