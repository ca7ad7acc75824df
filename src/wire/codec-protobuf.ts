// SPDX-License-Identifier: Apache-2.0
// StructMessage as protobuf (proto3, package websocket). Written by hand: six fields, and a protobuf library would
// cost every agent its start-up time and memory.

import { SkydiveError } from '../errors.js';
import { Payload, type PayloadFormat, type StructMessage } from './message.js';
import { ProtobufReader, varintLength, wireBytes, wireVarint, writeVarint } from './protobuf.js';

/** Fields 1 to 5 of a message; `Obj` follows them. */
export interface ProtobufHead {
  readonly namespace: string;
  readonly type: string;
  readonly uuid: string;
  readonly status: number;
  readonly format: PayloadFormat;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (thrown) {
    throw new SkydiveError('SKY_E_WIRE', 'malformed protobuf: a string is not UTF-8', { cause: thrown });
  }
}

/** Decodes a message; unknown fields are skipped, of a repeated one the last counts. Throws SKY_E_WIRE. */
export function decodeProtobuf(bytes: Buffer): StructMessage {
  const reader = new ProtobufReader(bytes);
  let namespace = '';
  let type = '';
  let uuid = '';
  let status = 0;
  let format: PayloadFormat = 'json';
  let obj = bytes.subarray(0, 0);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    const expected = field === 4 || field === 5 ? wireVarint : wireBytes;
    if (field > 6 || wire !== expected) {
      // A known field of another wire type is an error in Go's decoder, too.
      if (field <= 6) {
        throw new SkydiveError('SKY_E_WIRE', `malformed protobuf: wire type ${wire} for field ${field}`);
      }
      reader.skip(wire);
    } else if (field === 1) namespace = text(reader.bytes());
    else if (field === 2) type = text(reader.bytes());
    else if (field === 3) uuid = text(reader.bytes());
    else if (field === 4) status = reader.int64();
    else if (field === 5) format = reader.int64() === 1 ? 'protobuf' : 'json';
    else obj = reader.bytes();
  }
  return { namespace, type, uuid, status, format, payload: Payload.ofBytes(obj) };
}

/**
 * The bytes before the payload: fields in ascending order, zero values left out, then tag and length of `Obj`.
 * An empty payload has none of the latter.
 */
export function encodeProtobufHead(head: ProtobufHead, objBytes: number): Buffer {
  const strings = [head.namespace, head.type, head.uuid];
  const lengths = strings.map((value) => Buffer.byteLength(value));
  // int64 is a 64-bit varint: negative numbers take ten bytes. Only replies of others carry such a status.
  const status = BigInt.asUintN(64, BigInt(Math.trunc(head.status)));
  let size = 0;
  for (const length of lengths) if (length > 0) size += 1 + varintLength(length) + length;
  if (status !== 0n) size += 1 + 10;
  if (head.format === 'protobuf') size += 2;
  if (objBytes > 0) size += 1 + varintLength(objBytes);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, value] of strings.entries()) {
    const length = lengths[index]!;
    if (length === 0) continue;
    bytes[at++] = ((index + 1) << 3) | wireBytes;
    at = writeVarint(bytes, at, length);
    at += bytes.write(value, at);
  }
  if (status !== 0n) {
    bytes[at++] = (4 << 3) | wireVarint;
    let rest = status;
    for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
    bytes[at++] = Number(rest);
  }
  if (head.format === 'protobuf') {
    bytes[at++] = (5 << 3) | wireVarint;
    bytes[at++] = 1;
  }
  if (objBytes > 0) {
    bytes[at++] = (6 << 3) | wireBytes;
    at = writeVarint(bytes, at, objBytes);
  }
  return bytes.subarray(0, at);
}
