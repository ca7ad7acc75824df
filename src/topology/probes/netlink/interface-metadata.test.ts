// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkFacts } from '../../../native/netlink-monitor.js';
import { driverOf, interfaceType, linkMetadata } from './interface-metadata.js';

const plain: LinkFacts = {
  name: 'eth0',
  kind: '',
  type: 1,
  flags: 0x1003,
  state: 6,
  driver: 'e1000',
  bus: '0000:03:00.0',
};

test('a link without optional attributes has the keys that are always there', () => {
  assert.deepEqual(linkMetadata(2, plain, ''), {
    Name: 'eth0',
    Type: 'device',
    EncapType: 'ether',
    IfIndex: 2,
    Driver: 'e1000',
    State: 'UP',
    LinkFlags: ['UP', 'BROADCAST', 'MULTICAST'],
    BusInfo: '0000:03:00.0',
  });
});

for (const [given, key, value] of [
  [{ mtu: 1500 }, 'MTU', 1500],
  [{ mac: '52:54:00:12:34:56' }, 'MAC', '52:54:00:12:34:56'],
  [{ master: 7 }, 'MasterIndex', 7],
  [{ parent: 3 }, 'ParentIndex', 3],
  [{ speed: 1000 }, 'Speed', 1000],
  [{ kind: 'vlan', vlan: 100 }, 'Vlan', 100],
  [{ vlan: 100 }, 'Vlan', undefined],
  [{ peer: 5 }, 'PeerIfIndex', 5],
  [{ nsid: 0 }, 'LinkNetNsID', 0],
  [{ nsid: 0 }, 'LinkNetNsName', 'ns1'],
  [{}, 'LinkNetNsID', undefined],
  [{}, 'LinkNetNsName', undefined],
  [{ flags: 0 }, 'LinkFlags', null],
  [{ driver: '', bus: '' }, 'BusInfo', ''],
  [{ driver: '', bus: '' }, 'Driver', ''],
  [{ driver: '', kind: 'bridge' }, 'Driver', 'bridge'],
  [{ state: 0 }, 'State', 'UNKNOWN'],
  [{ state: 1 }, 'State', 'NOT-PRESENT'],
  [{ state: 2 }, 'State', 'DOWN'],
  [{ state: 3 }, 'State', 'LOWER-LAYER-DOWN'],
  [{ state: 4 }, 'State', 'TESTING'],
  [{ state: 5 }, 'State', 'DORMANT'],
  [{ state: 6 }, 'State', 'UP'],
  [{ bondMode: 0 }, 'BondMode', 'balance-rr'],
  [{ bondMode: 1 }, 'BondMode', 'active-backup'],
  [{ bondMode: 2 }, 'BondMode', 'balance-xor'],
  [{ bondMode: 3 }, 'BondMode', 'broadcast'],
  [{ bondMode: 4 }, 'BondMode', '802.3ad'],
  [{ bondMode: 5 }, 'BondMode', 'balance-tlb'],
  [{ bondMode: 6 }, 'BondMode', 'balance-alb'],
  [{ type: 772 }, 'EncapType', 'loopback'],
  [{ type: 32 }, 'EncapType', 'infiniband'],
  [{ type: 768 }, 'EncapType', 'ipip'],
  [{ type: 769 }, 'EncapType', 'tunnel6'],
  [{ type: 776 }, 'EncapType', 'sit'],
  [{ type: 778 }, 'EncapType', 'gre'],
  [{ type: 512 }, 'EncapType', 'ppp'],
  [{ type: 65534 }, 'EncapType', 'none'],
  [{ type: 9999 }, 'EncapType', 'unknown9999'],
] as const) {
  test(`${JSON.stringify(given)} gives ${key} ${JSON.stringify(value)}`, () => {
    assert.deepEqual(linkMetadata(2, { ...plain, ...given }, 'ns1')[key], value);
  });
}

for (const [state, name] of [
  [0, 'ACTIVE'],
  [1, 'BACKUP'],
] as const) {
  for (const [miiStatus, mii] of ['UP', 'GOING_DOWN', 'DOWN', 'GOING_BACK'].entries()) {
    test(`a bond port of state ${state} and MII status ${miiStatus} is ${name} and ${mii}`, () => {
      const bondPort = {
        state,
        miiStatus,
        linkFailureCount: 3,
        permMac: '02:00:00:00:00:01',
        queueId: 4,
        aggregatorId: 5,
        actorState: 6,
        partnerState: 7,
      };
      assert.deepEqual(linkMetadata(2, { ...plain, bondPort }, '')['BondSlave'], {
        Type: 'bond',
        State: name,
        MiiStatus: mii,
        LinkFailureCount: 3,
        PermMAC: '02:00:00:00:00:01',
        QueueId: 4,
        AggregatorId: 5,
        AdActorOperPortState: 6,
        AdPartnerOperPortState: 7,
      });
    });
  }
}

test('virtual functions keep what is not zero', () => {
  const functions = [
    { id: 0 },
    { id: 1, mac: '02:00:00:00:00:02', vlan: 9, qos: 1, txRate: 100, linkState: 2, spoofCheck: 1 },
  ] as const;
  assert.deepEqual(linkMetadata(2, { ...plain, functions }, '')['Vfs'], [
    {},
    { ID: 1, LinkState: 2, MAC: '02:00:00:00:00:02', Qos: 1, Spoofchk: true, TxRate: 100, Vlan: 9 },
  ]);
});

for (const [kind, driver, type] of [
  ['', 'e1000', 'device'],
  ['', '', 'device'],
  ['tun', 'tun', 'tuntap'],
  ['', 'veth', 'veth'],
  ['bridge', 'bridge', 'bridge'],
  ['vxlan', '', 'vxlan'],
  ['macvlan', '', 'macvlan'],
  ['wireguard', '', 'wireguard'],
  ['openvswitch', 'openvswitch', 'openvswitch'],
  ['some-new-kind', '', 'some-new-kind'],
] as const) {
  test(`kind "${kind}" with driver "${driver}" has type ${type}`, () => {
    assert.equal(interfaceType({ ...plain, kind, driver }), type);
  });
}

test('only a bridge gets a driver that it does not name', () => {
  assert.equal(driverOf({ ...plain, kind: 'vxlan', driver: '' }), '');
});
