// SPDX-License-Identifier: Apache-2.0

import { integer, type Members, members, refuse, text } from './members.js';

/** What is sent: protocol and IP version. */
export const injectionTypes = ['icmp4', 'icmp6', 'tcp4', 'tcp6', 'udp4', 'udp6'] as const;
export type InjectionType = (typeof injectionTypes)[number];

/** What an agent is asked to send from a node, everything resolved (wire-protocol.md §13.1). */
export interface InjectionRequest {
  readonly UUID: string;
  /** Textual; "" when unset. */
  readonly SrcIP: string;
  /** base64 of six bytes, or null. */
  readonly SrcMAC: string | null;
  readonly SrcPort: number;
  readonly DstIP: string;
  readonly DstMAC: string | null;
  readonly DstPort: number;
  readonly Type: InjectionType;
  readonly Count: number;
  readonly ICMPID: number;
  /** ms between two packets. */
  readonly Interval: number;
  readonly Mode: string;
  /** Letters that each packet has more than the one before. */
  readonly IncrementPayload: number;
  readonly Payload: string;
  /** base64 of a capture file that is sent instead, or null. */
  readonly Pcap: string | null;
  /** Of IP. */
  readonly TTL: number;
}

function mac(given: Members, name: string): string | null {
  const value = text(given, name);
  if (value === '') return null;
  if (Buffer.from(value, 'base64').length !== 6) throw refuse(name, 'base64 of six bytes');
  return value;
}

/** Throws SKY_E_BAD_REQUEST naming the member that is wrong. Unknown ones are ignored. */
export function decodeInjectionRequest(value: object): InjectionRequest {
  const given = members(value);
  const type = injectionTypes.find((known) => known === given['Type']);
  if (type === undefined) throw refuse('Type', `one of ${injectionTypes.join(', ')}`);
  return {
    UUID: text(given, 'UUID'),
    SrcIP: text(given, 'SrcIP'),
    SrcMAC: mac(given, 'SrcMAC'),
    SrcPort: integer(given, 'SrcPort', 0, 65535),
    DstIP: text(given, 'DstIP'),
    DstMAC: mac(given, 'DstMAC'),
    DstPort: integer(given, 'DstPort', 0, 65535),
    Type: type,
    Count: integer(given, 'Count', 0),
    ICMPID: integer(given, 'ICMPID', 0, 65535),
    Interval: integer(given, 'Interval', 0),
    Mode: text(given, 'Mode'),
    IncrementPayload: integer(given, 'IncrementPayload', -Number.MAX_SAFE_INTEGER),
    Payload: text(given, 'Payload'),
    Pcap: text(given, 'Pcap') || null,
    TTL: integer(given, 'TTL', 0, 255),
  };
}
