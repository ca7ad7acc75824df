// SPDX-License-Identifier: Apache-2.0
// Capture files sent over a veth: the program in the kernel finds the flows that reading the file finds.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addon } from '../../src/native/addon.js';
import { VethNamespace } from '../../tools/traffic/veth.js';
import { type Flow, root, shared } from '../golden/flows.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';

/** Files of which the kernel knows all layers: fragments, GRE in GRE, Geneve, both versions of IP. */
const files = [
  join(root, 'test/golden/pcap/fragments.pcap'),
  ...[
    'contrail-udp-mpls-eth-and-ipv4',
    'dns',
    'eth-ip4-arp-dns-req-http-google',
    'eth-ipv4-tcp-http-ooo',
    'geneve',
    'gre-gre-icmpv4',
    'icmpv4-symetric',
    'simple-tcpv4',
    'simple-tcpv6',
  ].map((name) => join(shared, `pcap/${name}.pcap`)),
];

/** Of the original's own test; those of the TCP flow and of the answer to ARP are the ones it expects beside. */
const trackingIds = [
  '227af0a31d1e905d',
  '272f6de17d0a37b2',
  '324aadac5e538203',
  'c54cbde4114b5c09',
  'e67ff9fcd942b47f',
  'ec9e530cf2e13c78',
];

function summary(flows: readonly Flow[], path: (path: string) => string): string[] {
  const parents = new Map(flows.map(({ UUID, LayersPath }) => [UUID, path(LayersPath)]));
  return flows
    .map(({ LayersPath, ParentUUID, Link: l, Network: n, Transport: t, ICMP: i, Metric: m }) =>
      [
        `${path(LayersPath)} in ${parents.get(ParentUUID)}`,
        `${l?.A}>${l?.B}#${l?.ID} ${n?.A}>${n?.B}#${n?.ID} ${t?.A}>${t?.B} ${i?.Type} ${i?.ID}`,
        `AB ${m.ABPackets}/${m.ABBytes} BA ${m.BAPackets}/${m.BABytes}`,
      ].join(' '),
    )
    .sort();
}

/** The kernel does not look into UDP, but for tunnels. */
function asInKernel(path: string): string {
  return path.replace(/(\/UDP)\/(?!Geneve).*/, '$1');
}

for (const file of files) {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const missing = existsSync(file) ? false : 'needs ../shared';
  test(`${name} gives the same flows in the kernel`, { timeout: 60_000, skip: missing }, async (t) => {
    if (!requireNamespaces(t)) return;
    const space = new VethNamespace('ebpf');
    t.after(() => space.remove());
    const pcap = readFileSync(file);
    const table = new (addon().FlowTable)({ format: 'json', flowsPerMessage: 1000 });
    table.feed(pcap);
    table.finish();
    const expected = JSON.parse(table.flows()[0]!.toString()) as Flow[];
    const count = table.stats().packets;
    const place = { namespacePath: space.path };
    const live = new (addon().EbpfCapture)({ ...place, interface: 'in', pollMs: 20 }, () => {});
    t.after(() => live.stop());
    const packets = { transport: 'udp', ipv6: false, ethernet: true, count, pcap } as const;
    const sender = new (addon().PacketInjection)({ ...place, ...packets, interface: 'out' }, () => {});
    t.after(() => sender.stop());
    await eventually(() => assert.equal(sender.stats().sent, count));
    await eventually(() => {
      const flows = JSON.parse(live.flows().toString()) as Flow[];
      assert.deepEqual(
        summary(flows, (path) => path),
        summary(expected, asInKernel),
      );
      if (name.startsWith('eth-ip4-arp')) {
        assert.deepEqual(flows.map(({ TrackingID }) => TrackingID).sort(), trackingIds);
      }
    });
  });
}
