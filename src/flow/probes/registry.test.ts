// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTypes } from '../capture-types.js';
import type { FlowProbeType } from './probe.js';
import { flowProbeTypeOf, flowProbeTypes } from './registry.js';

const load = () => Promise.reject(new Error('not needed'));
const all: readonly FlowProbeType[] = captureTypes.map((type) => ({ type, load }));

test('the probe of a node is what the capture says, else the usual one of its type', () => {
  const rows: [captureType: string | undefined, nodeType: string, chosen: string][] = [
    [undefined, 'veth', 'afpacket'],
    ['', 'device', 'afpacket'],
    ['pcap', 'bridge', 'pcap'],
    ['ebpf', 'internal', 'ebpf'],
    ['sflow', 'dummy', 'sflow'],
    [undefined, 'ovsbridge', 'ovssflow'],
    ['ovsnetflow', 'ovsbridge', 'ovsnetflow'],
    ['pcapsocket', 'ovsbridge', 'pcapsocket'],
    [undefined, 'ovsport', 'ovsmirror'],
    [undefined, 'dpdkport', 'dpdk'],
  ];
  for (const [captureType, nodeType, chosen] of rows) {
    assert.equal(flowProbeTypeOf(captureType, nodeType, all).type, chosen, `${captureType} on ${nodeType}`);
  }
});

test('a probe that a node cannot have is refused, saying what it can', () => {
  const rows: [captureType: string | undefined, nodeType: string, error: RegExp][] = [
    [
      'afpacket',
      'ovsbridge',
      /^Capture type afpacket not allowed on this node type: ovsbridge \(it has ovssf/,
    ],
    ['dpdk', 'veth', /^Capture type dpdk not allowed on this node type: veth /],
    ['nonsense', 'veth', /^Capture type nonsense not allowed on this node type: veth /],
    ['afpacket', 'host', /^Capture type afpacket not allowed on this node type: host \(it has none\)$/],
    [undefined, 'netns', /^nodes of type netns cannot be captured: select interfaces/],
  ];
  for (const [captureType, nodeType, error] of rows) {
    assert.throws(() => flowProbeTypeOf(captureType, nodeType, all), { message: error });
  }
  assert.throws(() => flowProbeTypeOf('ebpf', 'veth', all.slice(4, 6)), {
    message: 'Unable to find probe for this capture type: ebpf (this agent has afpacket, pcap)',
  });
});

test('each row of the table is a known type and loads', async () => {
  for (const { type, load: loadProbe } of flowProbeTypes) {
    assert.ok((captureTypes as readonly string[]).includes(type), type);
    assert.equal(typeof (await loadProbe()), 'function', type);
  }
});
