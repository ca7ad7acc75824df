// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Graph } from '../../../graph/graph.js';
import type { LinkFacts } from '../../../native/netlink-monitor.js';
import { formatPciAddress, packPciAddress, Sriov } from './sriov.js';

for (const [text, packed] of [
  ['0000:00:00.0', 0],
  ['0000:03:10.2', 0x0382],
  ['0000:ff:1f.7', 0xffff],
  ['10000:01:00.0', 0x1_0000 * 0x10000 + 0x0100],
] as const) {
  test(`the PCI address ${text} is packed as ${packed}`, () => {
    assert.equal(packPciAddress(text), packed);
    assert.equal(formatPciAddress(packed), text);
  });
}

test('what is no PCI address is not packed', () => {
  assert.equal(packPciAddress('virtio0'), undefined);
  assert.equal(packPciAddress(''), undefined);
});

const plain: LinkFacts = { name: 'x', kind: '', type: 1, flags: 0, state: 6, driver: 'd', bus: '' };

function scene() {
  const sysfs = mkdtempSync(join(tmpdir(), 'skydive-sriov-'));
  const device = join(sysfs, 'bus/pci/devices/0000:03:00.0');
  mkdirSync(device, { recursive: true });
  writeFileSync(join(device, 'sriov_offset'), '128\n');
  writeFileSync(join(device, 'sriov_stride'), '2\n');
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const sriov = new Sriov(graph, sysfs);
  const add = (index: number, facts: Partial<LinkFacts>) => {
    const nodeId = graph.addNode({ Metadata: { Name: `${index}` } }).ID;
    return { namespace: 1, index, nodeId, link: { ...plain, ...facts } };
  };
  const vfOf = (id: string) => graph.getNode(id)!.Metadata['VfID'];
  return { sysfs, graph, sriov, add, vfOf };
}

test('a virtual function is joined with its physical one, whichever comes first, and let go of', async () => {
  const { sysfs, graph, sriov, add, vfOf } = scene();
  try {
    // 0000:03:00.0 + 128 + id * 2
    const early = add(3, { bus: '0000:03:10.0' });
    const late = add(4, { bus: '0000:03:10.2' });
    const physical = add(2, { bus: '0000:03:00.0', functions: [{ id: 0 }, { id: 1 }] });
    await sriov.update(early);
    await sriov.update(physical);
    assert.equal(vfOf(early.nodeId), 0);
    assert.equal(vfOf(late.nodeId), undefined);
    await sriov.update(late);
    assert.equal(vfOf(late.nodeId), 1);
    assert.deepEqual(
      [...graph.edges()].map(({ Parent, Child, Metadata }) => [Parent, Child, Metadata['RelationType']]),
      [
        [physical.nodeId, early.nodeId, 'vf'],
        [physical.nodeId, late.nodeId, 'vf'],
      ],
    );
    const { functions: _, ...without } = physical.link;
    physical.link = without;
    await sriov.update(physical);
    assert.equal(vfOf(early.nodeId), undefined);
    assert.equal(graph.edgeCount, 0);
  } finally {
    rmSync(sysfs, { recursive: true });
  }
});

test('an interface whose device tells no offset is left alone', async () => {
  const { sysfs, graph, sriov, add } = scene();
  try {
    await sriov.update(add(2, { bus: '0000:04:00.0', functions: [{ id: 0 }] }));
    assert.equal(graph.edgeCount, 0);
  } finally {
    rmSync(sysfs, { recursive: true });
  }
});
