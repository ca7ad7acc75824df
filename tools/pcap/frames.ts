// SPDX-License-Identifier: Apache-2.0
// Packets put together from their layers, for the captures of the golden tests.

export type Bytes = Buffer;

export const u8 = (...values: number[]): Bytes => Buffer.from(values.map((value) => value & 0xff));
export const u16 = (...values: number[]): Bytes => Buffer.concat(values.map((v) => u8(v >> 8, v)));
export const u32 = (...values: number[]): Bytes =>
  Buffer.concat(values.map((v) => u16(v >>> 16, v & 0xffff)));
export const cat = (...parts: (Bytes | string)[]): Bytes =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
export const zeros = (count: number): Bytes => Buffer.alloc(count);

/** Hosts are numbers: 10.0.0.n, fd00::n, 02:00:00:00:00:n. */
export const mac = (host: number): Bytes => u8(2, 0, 0, 0, 0, host);
export const ip = (host: number): Bytes => u8(10, 0, 0, host);
export const ip6Address = (host: number): Bytes => cat(u8(0xfd), zeros(14), u8(host));

export const ethernet = (from: number, to: number, type: number, payload: Bytes): Bytes =>
  cat(mac(to), mac(from), u16(type), payload);
export const dot1q = (vlan: number, type: number, payload: Bytes): Bytes => cat(u16(vlan, type), payload);
/** 802.3: a length instead of a type. */
export const ieee8023 = (from: number, to: number, payload: Bytes): Bytes =>
  ethernet(from, to, payload.length, payload);

export interface Ip4Options {
  readonly options?: Bytes;
  readonly fragment?: number;
  readonly id?: number;
  readonly ttl?: number;
}

export function ip4(
  from: number,
  to: number,
  protocol: number,
  payload: Bytes,
  more: Ip4Options = {},
): Bytes {
  const options = more.options ?? zeros(0);
  const header = 5 + options.length / 4;
  return cat(
    u8(0x40 | header, 0),
    u16(header * 4 + payload.length, more.id ?? 1, more.fragment ?? 0),
    u8(more.ttl ?? 64, protocol),
    u16(0),
    ip(from),
    ip(to),
    options,
    payload,
  );
}

export const ip6 = (from: number, to: number, next: number, payload: Bytes): Bytes =>
  cat(u32(0x60000000), u16(payload.length), u8(next, 64), ip6Address(from), ip6Address(to), payload);
/** An extension header: next, length in 8 bytes beyond the first, contents. */
export const extension = (next: number, contents: Bytes, payload: Bytes): Bytes =>
  cat(u8(next, (contents.length + 2) / 8 - 1), contents, payload);

export const udp = (from: number, to: number, payload: Bytes = u8(1, 2, 3, 4)): Bytes =>
  cat(u16(from, to, 8 + payload.length, 0), payload);

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;
export const tcp = (
  from: number,
  to: number,
  flags: number,
  sequence: number,
  payload: Bytes = zeros(0),
): Bytes => cat(u16(from, to), u32(sequence, 0), u8(0x50, flags), u16(8192, 0, 0), payload);

export const sctp = (from: number, to: number, ...chunks: Bytes[]): Bytes =>
  cat(u16(from, to), u32(7, 0), ...chunks);
/** A chunk padded to four bytes. */
export const chunk = (type: number, body: Bytes): Bytes =>
  cat(u8(type, 3), u16(4 + body.length), body, zeros((4 - (body.length % 4)) % 4));

export const icmp4 = (type: number, code: number, id: number): Bytes => cat(u8(type, code), u16(0, id, 1));
export const icmp6 = (type: number, code: number, body: Bytes): Bytes => cat(u8(type, code), u16(0), body);

export const gre = (type: number, payload: Bytes, flags = 0, fields: Bytes = zeros(0)): Bytes =>
  cat(u16(flags, type), fields, payload);
export const vxlan = (vni: number, payload: Bytes): Bytes => cat(u32(0x08000000, vni << 8), payload);
export const geneve = (vni: number, type: number, options: Bytes, payload: Bytes): Bytes =>
  cat(u8(options.length / 4, 0), u16(type), u32(vni << 8), options, payload);
export const mpls = (label: number, bottom: boolean, payload: Bytes): Bytes =>
  cat(u32(((label << 12) | (bottom ? 0x100 : 0) | 64) >>> 0), payload);

/** A DNS name, label by label; a number is a pointer. */
export const name = (...labels: (string | number)[]): Bytes =>
  cat(
    ...labels.map((label) =>
      typeof label === 'number' ? u16(0xc000 | label) : cat(u8(label.length), label),
    ),
    typeof labels.at(-1) === 'number' ? zeros(0) : u8(0),
  );
export const record = (owner: Bytes, type: number, data: Bytes, ttl = 300, recordClass = 1): Bytes =>
  cat(owner, u16(type, recordClass), u32(ttl), u16(data.length), data);
export const dns = (flags: number, questions: Bytes[], ...sections: Bytes[][]): Bytes =>
  cat(
    u16(0x1234, flags, questions.length, ...[0, 1, 2].map((i) => sections[i]?.length ?? 0)),
    ...questions,
    ...sections.flat(),
  );

export interface Frame {
  readonly bytes: Bytes;
  /** Microseconds after the frame before; 1000 unless given. */
  readonly gapUs?: number;
  /** Bytes captured, all unless given. */
  readonly captured?: number;
}

/** A classic pcap file, little endian, microseconds. */
export function pcap(linkType: number, frames: readonly (Frame | Bytes)[]): Bytes {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(linkType, 20);
  let timeUs = 1500000000_000000;
  const records = frames.map((entry) => {
    const frame: Frame = Buffer.isBuffer(entry) ? { bytes: entry } : entry;
    timeUs += frame.gapUs ?? 1000;
    const data = frame.bytes.subarray(0, frame.captured);
    const start = Buffer.alloc(16);
    start.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
    start.writeUInt32LE(timeUs % 1e6, 4);
    start.writeUInt32LE(data.length, 8);
    start.writeUInt32LE(frame.bytes.length, 12);
    return Buffer.concat([start, data]);
  });
  return Buffer.concat([header, ...records]);
}
