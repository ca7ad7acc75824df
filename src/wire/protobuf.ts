// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';

/** Wire types of protobuf (https://protobuf.dev/programming-guides/encoding/#structure). */
export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

/** Bounds-checked reader of protobuf fields. Every error is SKY_E_WIRE and names the byte. */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A varint of up to 64 bits, as the unsigned number it spells. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return this.#fail('a varint is longer than 10 bytes');
  }

  /** An int64 field as a number; beyond 2^53 it loses precision. */
  int64(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return first;
    }
    return Number(BigInt.asIntN(64, this.varint()));
  }

  /** Field number and wire type. */
  tag(): { field: number; wire: number } {
    const tag = this.int64();
    const field = Math.floor(tag / 8);
    if (field < 1 || field > 0x1fffffff) return this.#fail(`field number ${field} is out of range`);
    return { field, wire: tag % 8 };
  }

  /** A view of the field's bytes, not a copy. */
  bytes(): Buffer {
    const length = this.int64();
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) return this.#fail(`a field of ${length} bytes is cut short`);
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  skip(wire: number): void {
    if (wire === wireVarint) this.varint();
    else if (wire === wireBytes) this.bytes();
    else if (wire === wireFixed64) this.#advance(8);
    else if (wire === wireFixed32) this.#advance(4);
    else this.#fail(`wire type ${wire} is not known`);
  }

  #advance(count: number): void {
    if (this.#at + count > this.#bytes.length) this.#fail('a fixed field is cut short');
    this.#at += count;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return this.#fail('the message is cut short');
    this.#at++;
    return byte;
  }

  #fail(what: string): never {
    throw new SkydiveError('SKY_E_WIRE', `malformed protobuf: ${what} at byte ${this.#at}`);
  }
}

/** Bytes that an unsigned number below 2^53 takes as varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes an unsigned number below 2^53 and gives the offset behind it. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let offset = at;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes[offset++] = (rest % 128) | 0x80;
  bytes[offset++] = rest;
  return offset;
}

/** A message of strings and non-negative numbers, numbered from 1 on; empty and zero fields are left out. */
export function encodeFields(values: readonly (string | number)[]): Buffer {
  const parts: Buffer[] = [];
  for (const [index, value] of values.entries()) {
    if (value === '' || value === 0) continue;
    const text = typeof value === 'string' ? Buffer.from(value) : Buffer.alloc(0);
    const number = typeof value === 'string' ? text.length : value;
    const head = Buffer.alloc(1 + varintLength(number));
    head[0] = ((index + 1) << 3) | (typeof value === 'string' ? wireBytes : wireVarint);
    writeVarint(head, 1, number);
    parts.push(head, text);
  }
  return Buffer.concat(parts);
}
