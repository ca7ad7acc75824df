// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { SkydiveError } from '../../errors.js';
import type { MetadataValue, Node } from '../../graph/element.js';
import { getPath } from '../../graph/metadata.js';
import { nextHop } from '../../gremlin/routing.js';
import { hasLinkLayer } from './link-layer.js';
import type { PacketInjection } from './packet-injection.js';
import type { InjectionRequest, InjectionType } from './request.js';

function fail(reason: string): never {
  throw new SkydiveError('SKY_E_BAD_REQUEST', reason);
}

/** Without a mask. */
function bare(address: string): string {
  return address.split('/', 1)[0]!;
}

function first(value: MetadataValue | undefined): string {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? bare(one) : '';
}

/** The node's address as Neutron knows it, else as the kernel does; "" when it has none. */
function addressOf(node: Node, family: 'IPV4' | 'IPV6'): string {
  return first(getPath(node.Metadata, `Neutron.${family}`)) || first(node.Metadata[family]);
}

function macOf(node: Node | undefined): string {
  if (node === undefined) return '';
  return first(getPath(node.Metadata, 'ExtID.attached-mac')) || first(node.Metadata['MAC']);
}

function base64(mac: string): string {
  return Buffer.from(mac.replace(/[:.-]/g, ''), 'hex').toString('base64');
}

/**
 * What the agent of a source node is asked to send: addresses that are not given are taken from the nodes. `place`: of
 * the node among the sources, from 0, for what is to be unique. Throws SKY_E_BAD_REQUEST with the words of the
 * original when an address is not to be had.
 */
export function resolveInjection(
  injection: PacketInjection,
  source: Node,
  destination: Node | undefined,
  place: number,
): InjectionRequest {
  const { Type, Pcap, Mode, ICMPID, SrcPort, UUID } = injection;
  const { Count, Interval, IncrementPayload, Payload, TTL } = injection;
  const unique = Mode !== 'random';
  const icmp = Type.startsWith('icmp');
  const next = (start: number) => ((start || 1) + (unique ? place : 0)) & 0xffff;
  const common = {
    UUID,
    SrcPort: icmp ? SrcPort : next(SrcPort),
    DstPort: injection.DstPort || (Type.startsWith('tcp') ? randomInt(1024, 65535) : 0),
    Type: Type as InjectionType,
    Count,
    ICMPID: icmp ? next(ICMPID) : ICMPID,
    Interval,
    Mode: Mode || 'unique',
    IncrementPayload,
    Payload,
    Pcap,
    TTL,
  };
  if (Pcap !== null) {
    const { SrcIP, DstIP } = injection;
    return { ...common, SrcIP: bare(SrcIP), SrcMAC: null, DstIP: bare(DstIP), DstMAC: null };
  }
  const family = Type.endsWith('6') ? 'IPV6' : 'IPV4';
  const SrcIP = bare(injection.SrcIP) || addressOf(source, family) || fail('No source IP in node');
  if (injection.DstIP === '' && destination === undefined) fail('No destination node and IP');
  const DstIP =
    bare(injection.DstIP) ||
    (destination === undefined ? '' : addressOf(destination, family)) ||
    fail('No destination IP in node');
  if (!hasLinkLayer(source.Metadata['EncapType'])) {
    return { ...common, SrcIP, SrcMAC: null, DstIP, DstMAC: null };
  }
  const srcMac = injection.SrcMAC || macOf(source) || fail('No source MAC in node');
  const { RoutingTables, Neighbors } = source.Metadata;
  const dstMac =
    injection.DstMAC ||
    nextHop(RoutingTables, Neighbors, DstIP)?.MAC ||
    macOf(destination) ||
    fail('Failed to resolve destination MAC address');
  return { ...common, SrcIP, SrcMAC: base64(srcMac), DstIP, DstMAC: base64(dstMac) };
}
