// SPDX-License-Identifier: Apache-2.0
// Traffic for measurements: every flow once a round, in an order permuted anew each round.

import { closeSync, openSync, writeSync } from 'node:fs';

export interface Traffic {
  readonly packets: number;
  readonly flows: number;
  /** 64-byte UDP, or TCP packets of 40, 576 and 1500 bytes at 7:4:1. */
  readonly mix: 'udp64' | 'imix';
  readonly seed: number;
}

/** mulberry32: numbers below 2³² that depend on the seed alone. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
}

function shuffle(order: Uint32Array, next: () => number): void {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const other = next() % (i + 1);
    const kept = order[i] as number;
    order[i] = order[other] as number;
    order[other] = kept;
  }
}

/** IP lengths of IMIX, seven, four and one of twelve. */
const imixLengths = [40, 40, 40, 40, 40, 40, 40, 576, 576, 576, 576, 1500];

/** Writes the traffic as a classic pcap file, a packet a microsecond. */
export function writeTraffic(path: string, { packets, flows, mix, seed }: Traffic): void {
  const next = random(seed);
  const order = Uint32Array.from({ length: flows }, (_, i) => i);
  const file = openSync(path, 'w');
  const out = Buffer.alloc(1 << 20);
  out.writeUInt32LE(0xa1b2c3d4, 0);
  out.writeUInt16LE(2, 4);
  out.writeUInt16LE(4, 6);
  out.writeUInt32LE(65535, 16);
  out.writeUInt32LE(1, 20);
  let at = 24;
  for (let i = 0; i < packets; i += 1) {
    if (i % flows === 0) shuffle(order, next);
    const flow = order[i % flows] as number;
    const tcp = mix === 'imix';
    const ipLength = tcp ? (imixLengths[next() % 12] as number) : 46;
    const length = Math.max(60, 14 + ipLength);
    if (at + 16 + length > out.length) {
      writeSync(file, out, 0, at);
      at = 0;
    }
    out.fill(0, at, at + 16 + length);
    out.writeUInt32LE(1500000000 + Math.floor(i / 1e6), at);
    out.writeUInt32LE(i % 1e6, at + 4);
    out.writeUInt32LE(length, at + 8);
    out.writeUInt32LE(length, at + 12);
    const ethernet = at + 16;
    // Locally administered addresses of two routers: a link between them carries every flow.
    out[ethernet] = 2;
    out[ethernet + 5] = 2;
    out[ethernet + 6] = 2;
    out[ethernet + 11] = 1;
    out.writeUInt16BE(0x0800, ethernet + 12);
    const ip = ethernet + 14;
    out[ip] = 0x45;
    out.writeUInt16BE(ipLength, ip + 2);
    out[ip + 8] = 64;
    out[ip + 9] = tcp ? 6 : 17;
    out.writeUInt32BE(0x0a000001 + (flow & 0xffff), ip + 12);
    out.writeUInt32BE(0x0b000001 + (flow >>> 8), ip + 16);
    const transport = ip + 20;
    out.writeUInt16BE(1024 + (flow & 0x3fff), transport);
    out.writeUInt16BE(20000 + (flow >>> 14), transport + 2);
    if (tcp) {
      out.writeUInt32BE((i * 1460) >>> 0, transport + 4);
      out[transport + 12] = 0x50;
      out[transport + 13] = 0x10;
    } else {
      out.writeUInt16BE(ipLength - 20, transport + 4);
    }
    at = ethernet + length;
  }
  writeSync(file, out, 0, at);
  closeSync(file);
}
