// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { ByKey } from '../by-key.js';
import type { Result } from '../result.js';
import { Scheduler } from '../scheduler.js';

/** A captured packet as RawPackets gives it. */
export interface RawPacket {
  /** ms since 1970. */
  readonly Timestamp: number;
  readonly Index: number;
  /** base64. */
  readonly Data: string;
  /** As in pcap files; 1 is Ethernet. */
  readonly LinkType: number;
}

const snapLength = 4096;
const ethernet = 1;

function header(): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(snapLength, 16);
  bytes.writeUInt32LE(ethernet, 20);
  return bytes;
}

function record({ Timestamp }: RawPacket, data: Buffer): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(Math.floor(Timestamp / 1000) >>> 0, 0);
  bytes.writeUInt32LE((Timestamp % 1000) * 1000, 4);
  bytes.writeUInt32LE(data.length, 8);
  // The original length is not kept; clients of the original see the snap length.
  bytes.writeUInt32LE(snapLength, 12);
  return Buffer.concat([bytes, data]);
}

/**
 * The packets as a classic pcap file, little endian, in chunks; nothing at all when there is no packet. Packets of
 * another link type or longer than 4096 are left out. Throws SKY_E_NOT_ACCEPTABLE when the result is no packets.
 */
export function encodePcap(
  result: Result,
  scheduler: Scheduler = new Scheduler(),
): AsyncGenerator<Uint8Array> {
  if (result.kind === 'RawPackets') return chunks(result.byKey, scheduler);
  throw new SkydiveError(
    'SKY_E_NOT_ACCEPTABLE',
    'Only RawPackets step result can be outputted as pcap: end the query with Flows().RawPackets()',
  );
}

async function* chunks(flows: ByKey, scheduler: Scheduler): AsyncGenerator<Uint8Array> {
  let started = false;
  for (const [, packets] of flows) {
    for (const packet of (packets ?? []) as readonly RawPacket[]) {
      if (!started) yield header();
      started = true;
      const data = Buffer.from(packet.Data, 'base64');
      if (packet.LinkType === ethernet && data.length <= snapLength) yield record(packet, data);
      if (scheduler.due()) await scheduler.pause();
    }
  }
}
