// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataMap, Node } from '../../graph/element.js';
import { Graph } from '../../graph/graph.js';
import { decodeInjection, validateInjection } from './packet-injection.js';
import type { InjectionRequest } from './request.js';
import { resolveInjection } from './resolve.js';

const graph = new Graph({ host: 'h', origin: 'o' });
const node = (Metadata: MetadataMap): Node => graph.addNode({ Metadata });
const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex').toString('base64');

const a = { MAC: '02:00:00:00:00:01', IPV4: ['10.0.0.1/24', '10.0.0.9/24'], IPV6: ['fd00::1/64'] };
const b = { MAC: '02:00:00:00:00:02', IPV4: ['10.0.0.2/24'], IPV6: ['fd00::2/64'] };
const routed = {
  ...a,
  RoutingTables: [
    { ID: 254, Routes: [{ Prefix: '0.0.0.0/0', NextHops: [{ IP: '10.0.0.254', IfIndex: 1 }] }] },
  ],
  Neighbors: [{ IP: '10.0.0.254', MAC: '02:00:00:00:00:fe', IfIndex: 1 }],
};
const ofNeutron = {
  ...a,
  Neutron: { IPV4: ['192.168.0.5'] },
  ExtID: { 'attached-mac': '02:00:00:00:00:55' },
};

for (const [name, given, source, destination, expected] of [
  ['addresses come from the nodes, masks removed', {}, a, b, { SrcIP: '10.0.0.1', DstIP: '10.0.0.2' }],
  ['so do MACs', {}, a, b, { SrcMAC: mac(a.MAC), DstMAC: mac(b.MAC) }],
  ['types that end in 6 take IPv6', { Type: 'udp6' }, a, b, { SrcIP: 'fd00::1', DstIP: 'fd00::2' }],
  [
    'what is given wins',
    { SrcIP: '1.1.1.1', DstIP: '2.2.2.2' },
    a,
    b,
    { SrcIP: '1.1.1.1', DstIP: '2.2.2.2' },
  ],
  ['a given CIDR loses its mask', { SrcIP: '1.1.1.1/8' }, a, b, { SrcIP: '1.1.1.1' }],
  ['the next hop has the MAC', {}, routed, b, { DstMAC: mac('02:00:00:00:00:fe') }],
  [
    'what Neutron says comes first',
    {},
    ofNeutron,
    b,
    { SrcIP: '192.168.0.5', SrcMAC: mac('02:00:00:00:00:55') },
  ],
  ['a given MAC wins', { DstMAC: '02-00-00-00-00-AA' }, routed, b, { DstMAC: mac('02:00:00:00:00:aa') }],
  ['the mode is unique', {}, a, b, { Mode: 'unique' }],
  ['identifiers start at 1', {}, a, b, { ICMPID: 1, SrcPort: 0 }],
  [
    'a device without a link layer needs no MAC',
    {},
    { IPV4: ['10.0.0.1/32'], EncapType: 'none' },
    b,
    { SrcMAC: null, DstMAC: null },
  ],
  [
    'a capture file needs nothing',
    { Pcap: 'AAAA' },
    {},
    undefined,
    { Pcap: 'AAAA', SrcIP: '', SrcMAC: null },
  ],
] as readonly [string, object, MetadataMap, MetadataMap | undefined, Partial<InjectionRequest>][]) {
  test(`resolving an injection: ${name}`, () => {
    const injection = decodeInjection({ Type: 'icmp4', Count: 1, ...given });
    const to = destination === undefined ? undefined : node(destination);
    const request = resolveInjection(injection, node(source), to, 0);
    assert.deepEqual({ ...request, ...expected }, request);
  });
}

for (const [given, source, destination, reason] of [
  [{}, {}, b, 'No source IP in node'],
  [{}, a, undefined, 'No destination node and IP'],
  [{}, a, {}, 'No destination IP in node'],
  [{}, { IPV4: ['10.0.0.1/24'] }, b, 'No source MAC in node'],
  [{ DstIP: '10.0.0.2' }, a, undefined, 'Failed to resolve destination MAC address'],
] as readonly [object, MetadataMap, MetadataMap | undefined, string][]) {
  test(`an injection that cannot be resolved: ${reason}`, () => {
    const injection = decodeInjection({ Type: 'icmp4', Count: 1, ...given });
    const to = destination === undefined ? undefined : node(destination);
    assert.throws(() => resolveInjection(injection, node(source), to, 0), { message: reason });
  });
}

test('each further node has the next identifier, or source port', () => {
  const resolve = (given: object, place: number) =>
    resolveInjection(decodeInjection({ Count: 1, ...given }), node(a), node(b), place);
  assert.equal(resolve({ Type: 'icmp4', ICMPID: 7 }, 2).ICMPID, 9);
  assert.equal(resolve({ Type: 'udp4', SrcPort: 7 }, 2).SrcPort, 9);
  assert.equal(resolve({ Type: 'icmp4', ICMPID: 7, Mode: 'random' }, 2).ICMPID, 7);
  const port = resolve({ Type: 'tcp4' }, 0).DstPort;
  assert.ok(port >= 1024 && port < 65535);
});

for (const [given, reason] of [
  [{ SrcIP: '1.2.3' }, 'SrcIP: Not a IP or CIDR address'],
  [{ DstIP: '10.0.0.0/33' }, 'DstIP: Not a IP or CIDR address'],
  [{ DstMAC: 'zz' }, 'DstMAC: Not a MAC address'],
  [{ Type: 'sctp' }, 'given type is not supported'],
  [{ Mode: 'other' }, 'given mode is not supported'],
  [{ Count: 0 }, 'Count: at least one packet has to be sent'],
] as const) {
  test(`an injection is refused: ${JSON.stringify(given)}`, () => {
    assert.throws(() => validateInjection(decodeInjection({ Type: 'icmp4', Count: 1, ...given })), {
      message: reason,
    });
  });
}

for (const [given, reason] of [
  [{ SrcPort: 70000 }, /SrcPort has to be an integer from 0 to 65535/],
  [{ TTL: -1 }, /TTL has to be an integer from 0 to 255/],
  [{ Payload: 7 }, /Payload has to be a string/],
  [[], /a packet injection has to be a JSON object/],
] as const) {
  test(`an injection with a member of a wrong type is refused: ${JSON.stringify(given)}`, () => {
    assert.throws(() => decodeInjection(Array.isArray(given) ? given : { Type: 'icmp4', ...given }), reason);
  });
}
