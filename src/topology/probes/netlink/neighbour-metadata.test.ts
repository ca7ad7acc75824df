// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighbourMetadata } from './neighbour-metadata.js';

for (const [facts, metadata] of [
  [{}, { IfIndex: 3 }],
  [
    { mac: '02:00:00:00:00:01', ip: '10.0.0.1', state: 0x80 },
    { MAC: '02:00:00:00:00:01', IP: '10.0.0.1', State: ['NUD_PERMANENT'], IfIndex: 3 },
  ],
  [
    { mac: '02:00:00:00:00:01', flags: 0x02, vlan: 7, vni: 42 },
    { Flags: ['NTF_SELF'], MAC: '02:00:00:00:00:01', Vlan: 7, VNI: 42, IfIndex: 3 },
  ],
  [
    { ip: 'fe80::1', state: 0, flags: 0, vlan: 0, vni: 0 },
    { IP: 'fe80::1', IfIndex: 3 },
  ],
] as const) {
  test(`${JSON.stringify(facts)} is ${JSON.stringify(metadata)}`, () => {
    assert.deepEqual(neighbourMetadata(3, facts), metadata);
  });
}
