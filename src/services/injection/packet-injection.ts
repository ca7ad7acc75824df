// SPDX-License-Identifier: Apache-2.0

import { isIP } from 'node:net';
import { SkydiveError } from '../../errors.js';
import { parseQuery } from '../../gremlin/query.js';
import type { KvResourceKind } from '../resources/kv-resource.js';
import { integer, members, text } from './members.js';
import { injectionTypes } from './request.js';

/** Packets to be sent from nodes: the REST resource `injectpacket` (rest-api.md §6). */
export interface PacketInjection {
  /** Gremlin: the nodes they leave from. */
  readonly Src: string;
  /** Gremlin: the node whose addresses they go to. */
  readonly Dst: string;
  readonly SrcIP: string;
  readonly DstIP: string;
  readonly SrcMAC: string;
  readonly DstMAC: string;
  readonly SrcPort: number;
  readonly DstPort: number;
  /** One of `injectionTypes`. */
  readonly Type: string;
  readonly Payload: string;
  readonly ICMPID: number;
  readonly Count: number;
  /** ms between two packets. */
  readonly Interval: number;
  /** `unique` (also when empty) or `random`. */
  readonly Mode: string;
  readonly IncrementPayload: number;
  /** RFC 3339; only kept. */
  readonly StartTime: string;
  /** base64 of a capture file that is sent instead. */
  readonly Pcap: string | null;
  /** Of IP. */
  readonly TTL: number;
  readonly UUID: string;
}

const noTime = '0001-01-01T00:00:00Z';

/** Unknown members are ignored. Throws SKY_E_BAD_REQUEST naming the member of a wrong type. */
export function decodeInjection(value: unknown): PacketInjection {
  const given = members(value);
  return {
    Src: text(given, 'Src'),
    Dst: text(given, 'Dst'),
    SrcIP: text(given, 'SrcIP'),
    DstIP: text(given, 'DstIP'),
    SrcMAC: text(given, 'SrcMAC'),
    DstMAC: text(given, 'DstMAC'),
    SrcPort: integer(given, 'SrcPort', 0, 65535),
    DstPort: integer(given, 'DstPort', 0, 65535),
    Type: text(given, 'Type'),
    Payload: text(given, 'Payload'),
    ICMPID: integer(given, 'ICMPID', 0, 65535),
    Count: integer(given, 'Count', 0),
    Interval: integer(given, 'Interval', 0),
    Mode: text(given, 'Mode'),
    IncrementPayload: integer(given, 'IncrementPayload', -Number.MAX_SAFE_INTEGER),
    StartTime: text(given, 'StartTime') || noTime,
    Pcap: text(given, 'Pcap') || null,
    TTL: integer(given, 'TTL', 0, 255),
    UUID: text(given, 'UUID'),
  };
}

function isIpOrCidr(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isMac(value: string): boolean {
  return (
    /^[\da-f]{2}([:-][\da-f]{2}){5}$/i.test(value) || /^[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}$/i.test(value)
  );
}

/** Throws SKY_E_BAD_REQUEST for the first member that is wrong, with the words of the original. */
export function validateInjection(injection: PacketInjection): void {
  const refuse = (reason: string) => {
    throw new SkydiveError('SKY_E_BAD_REQUEST', reason);
  };
  for (const field of ['Src', 'Dst'] as const) {
    if (injection[field] === '') continue;
    try {
      parseQuery(injection[field]);
    } catch (error) {
      refuse(`${field}: Not a valid Gremlin expression: ${(error as Error).message}`);
    }
  }
  for (const field of ['SrcIP', 'DstIP'] as const) {
    if (injection[field] !== '' && !isIpOrCidr(injection[field]))
      refuse(`${field}: Not a IP or CIDR address`);
  }
  for (const field of ['SrcMAC', 'DstMAC'] as const) {
    if (injection[field] !== '' && !isMac(injection[field])) refuse(`${field}: Not a MAC address`);
  }
  if (!injectionTypes.some((type) => type === injection.Type)) refuse('given type is not supported');
  if (!['', 'unique', 'random'].includes(injection.Mode)) refuse('given mode is not supported');
  if (injection.Count < 1) refuse('Count: at least one packet has to be sent');
}

/** The resource `injectpacket`. `admit`: whether it can be resolved now; throws SKY_E_BAD_REQUEST. */
export function injectionKind(
  admit: (injection: PacketInjection) => Promise<void>,
): KvResourceKind<PacketInjection> {
  return {
    name: 'injectpacket',
    title: 'Injectpacket',
    decode: decodeInjection,
    validate: validateInjection,
    admit,
    updatable: false,
  };
}
