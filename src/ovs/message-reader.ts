// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const space = 0x20;

/** Up to here a message in several pieces is put together by copying. */
const smallBytes = 1 << 20;

/**
 * Cuts a byte stream into JSON objects: in JSON-RPC over a stream (RFC 7047 §4) nothing else separates them. Only the
 * balance of braces is looked at.
 */
export class MessageReader {
  readonly #maxBytes: number;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** A message of more than `maxBytes` is refused. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that the next piece of the stream completes. Throws SKY_E_BAD_REQUEST on what is no object. */
  *push(chunk: Buffer): Generator<Buffer, void> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
      } else if (this.#depth === 0) {
        if (byte === openBrace) {
          this.#depth = 1;
          start = at;
        } else if (byte > space) {
          throw new SkydiveError('SKY_E_BAD_REQUEST', 'what came is no JSON object: the peer is no database');
        }
      } else if (byte === quote) {
        this.#inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        this.#depth++;
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth--;
        if (this.#depth === 0) {
          yield this.#whole(chunk.subarray(start, at + 1));
          start = at + 1;
        }
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  #whole(last: Buffer): Buffer {
    if (this.#length === 0) {
      this.#check(last.length);
      return last;
    }
    this.#keep(last);
    const message = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return message;
  }

  #keep(piece: Buffer): void {
    const length = this.#length + piece.length;
    this.#check(length);
    if (length > this.#buffer.length) {
      // A large buffer is taken at once: what is not written to costs no memory, and nothing has to be moved again.
      const bytes = length > smallBytes ? this.#maxBytes : Math.max(2 * length, 4096);
      const grown = Buffer.allocUnsafeSlow(Math.min(bytes, this.#maxBytes));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  #check(length: number): void {
    if (length <= this.#maxBytes) return;
    throw new SkydiveError(
      'SKY_E_TOO_LARGE',
      `a message of the database has more than ${this.#maxBytes} bytes: the database is larger than expected here`,
    );
  }
}
