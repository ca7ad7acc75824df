// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abilitiesOf, capturableTypes, captureTypes, captureTypesOf, sharesNodes } from './capture-types.js';

test('what each capture type can do', () => {
  const rows: [type: string, bpf: boolean, rawPackets: boolean, extraTcpMetric: boolean, several: boolean][] =
    [
      ['ovssflow', true, true, true, false],
      ['pcapsocket', true, true, true, false],
      ['ovsmirror', true, true, true, false],
      ['dpdk', true, true, true, false],
      ['afpacket', true, true, true, true],
      ['pcap', true, true, true, true],
      ['ebpf', false, false, true, false],
      ['sflow', true, true, true, false],
      ['ovsnetflow', true, true, true, false],
      ['netflow', false, false, false, false],
    ];
  for (const [type, bpf, rawPackets, extraTcpMetric, severalPerNode] of rows) {
    assert.deepEqual(abilitiesOf(type), { bpf, rawPackets, extraTcpMetric, severalPerNode }, type);
    assert.equal(sharesNodes(type), severalPerNode, type);
  }
  // The order in which the original lists them, then what it lacks.
  assert.deepEqual(
    captureTypes,
    rows.map(([type]) => type),
  );
  for (const type of ['', 'AFPACKET', 'toString']) assert.equal(abilitiesOf(type), undefined, type);
  assert.deepEqual([undefined, '', 'nonsense'].map(sharesNodes), [true, true, false]);
});

test('which node type allows which capture type, the default first', () => {
  const interfaces = ['afpacket', 'pcap', 'pcapsocket', 'sflow', 'ebpf', 'netflow'];
  const rows: Record<string, readonly string[]> = {
    ovsbridge: ['ovssflow', 'pcapsocket', 'ovsnetflow'],
    ovsport: ['ovsmirror'],
    dpdkport: ['dpdk'],
    ...Object.fromEntries(
      (
        'internal veth tun tuntap bridge dummy gre bond can hsr ifb macvlan macvtap vlan vxlan gretap ip6gretap ' +
        'geneve ipoib vcan ipip ipvlan lowpan ip6tnl ip6gre sit device'
      )
        .split(' ')
        .map((type) => [type, interfaces]),
    ),
  };
  for (const [type, allowed] of Object.entries(rows)) assert.deepEqual(captureTypesOf(type), allowed, type);
  assert.deepEqual(capturableTypes, Object.keys(rows));
  for (const type of ['host', 'netns', 'container', 'patch', '', 'constructor']) {
    assert.deepEqual(captureTypesOf(type), [], type);
  }
});
