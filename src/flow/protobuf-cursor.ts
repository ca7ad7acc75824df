// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** A text that came before, by its place in the bytes. */
interface Remembered {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Walks the fields of a protobuf message and of those within it. Made for many small messages: numbers are plain ones
 * (beyond 2^53 they lose precision), nothing is copied. Throws SKY_E_WIRE at bytes that are no message.
 */
export class ProtobufCursor {
  readonly bytes: Buffer;
  at: number;
  /** Of the latest field: its number and, where it is delimited, its end. */
  field = 0;
  end = 0;
  #wire = 0;
  readonly #remembered: (Remembered | undefined)[] = [];

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Goes to the next field of a message that ends at `until`. */
  next(until: number): boolean {
    if (this.at >= until) {
      if (this.at > until) this.#fail('a field is longer than its message');
      return false;
    }
    const tag = this.#varint();
    this.#wire = tag % 8;
    this.field = Math.floor(tag / 8);
    if (this.#wire === delimited) {
      const size = this.#varint();
      this.end = this.at + size;
      if (this.end > until) this.#fail(`a field of ${size} bytes is cut short`);
    }
    return true;
  }

  /** The field's number; 0 when it is of another type. */
  integer(): number {
    if (this.#wire === varint) return this.#varint();
    this.skip();
    return 0;
  }

  /** The field's text; empty when it is of another type. */
  text(): string {
    if (this.#wire !== delimited) {
      this.skip();
      return '';
    }
    const start = this.at;
    this.at = this.end;
    return this.bytes.toString('utf8', start, this.end);
  }

  /** The same for a text that many messages repeat: kept once for each `slot`, a small number of the caller's. */
  repeatedText(slot: number): string {
    const { bytes, at, end } = this;
    const before = this.#remembered[slot];
    if (this.#wire === delimited && before !== undefined && before.end - before.start === end - at) {
      let offset = 0;
      while (at + offset < end && bytes[at + offset] === bytes[before.start + offset]) offset++;
      if (at + offset === end) {
        this.at = end;
        return before.text;
      }
    }
    const text = this.text();
    this.#remembered[slot] = { start: at, end, text };
    return text;
  }

  /** The field's bytes in base64. */
  base64(): string {
    if (this.#wire !== delimited) {
      this.skip();
      return '';
    }
    const start = this.at;
    this.at = this.end;
    return this.bytes.toString('base64', start, this.end);
  }

  /** Whether a message can be entered: its fields follow, up to `end`. */
  get isDelimited(): boolean {
    return this.#wire === delimited;
  }

  skip(): void {
    if (this.#wire === varint) this.#varint();
    else if (this.#wire === delimited) this.at = this.end;
    else if (this.#wire === fixed64) this.at += 8;
    else if (this.#wire === fixed32) this.at += 4;
    else this.#fail(`wire type ${this.#wire} is not known`);
  }

  #varint(): number {
    const { bytes } = this;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = bytes[this.at++];
      if (byte === undefined) this.#fail('the message is cut short');
      if (byte < 0x80) return count < 9 ? value + byte * scale : this.#negative();
      value += (byte - 0x80) * scale;
      scale *= 128;
    }
    return this.#fail('a varint is longer than 10 bytes');
  }

  /** The varint of ten bytes that was just passed: an int64 below zero. */
  #negative(): number {
    let value = 0n;
    for (let count = 10; count > 0; count--) {
      value = (value << 7n) | BigInt(this.bytes[this.at - 11 + count]! & 0x7f);
    }
    return Number(BigInt.asIntN(64, value));
  }

  #fail(what: string): never {
    throw new SkydiveError('SKY_E_WIRE', `malformed flows: ${what} at byte ${this.at}`);
  }
}
