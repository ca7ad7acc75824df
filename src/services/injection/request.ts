// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';

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

type Members = Readonly<Record<string, unknown>>;

function refuse(name: string, wanted: string): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', `packet injection: ${name} has to be ${wanted}`);
}

function text(members: Members, name: string): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw refuse(name, 'a string');
  return value;
}

function integer(members: Members, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = members[name] ?? 0;
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
    throw refuse(name, `an integer from 0 to ${most}`);
  }
  return value as number;
}

function mac(members: Members, name: string): string | null {
  const value = text(members, name);
  if (value === '') return null;
  if (Buffer.from(value, 'base64').length !== 6) throw refuse(name, 'base64 of six bytes');
  return value;
}

/** Throws SKY_E_BAD_REQUEST naming the member that is wrong. Unknown ones are ignored. */
export function decodeInjectionRequest(value: object): InjectionRequest {
  const members = value as Members;
  const type = injectionTypes.find((known) => known === members['Type']);
  if (type === undefined) throw refuse('Type', `one of ${injectionTypes.join(', ')}`);
  const increment = members['IncrementPayload'] ?? 0;
  if (!Number.isSafeInteger(increment)) throw refuse('IncrementPayload', 'an integer');
  return {
    UUID: text(members, 'UUID'),
    SrcIP: text(members, 'SrcIP'),
    SrcMAC: mac(members, 'SrcMAC'),
    SrcPort: integer(members, 'SrcPort', 65535),
    DstIP: text(members, 'DstIP'),
    DstMAC: mac(members, 'DstMAC'),
    DstPort: integer(members, 'DstPort', 65535),
    Type: type,
    Count: integer(members, 'Count'),
    ICMPID: integer(members, 'ICMPID', 65535),
    Interval: integer(members, 'Interval'),
    Mode: text(members, 'Mode'),
    IncrementPayload: increment as number,
    Payload: text(members, 'Payload'),
    Pcap: text(members, 'Pcap') || null,
    TTL: integer(members, 'TTL', 255),
  };
}
