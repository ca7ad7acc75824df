// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Bytes that a sliced skip looks at before it gives the thread back: about a millisecond. */
const sliceBytes = 256 * 1024;

/**
 * Walks over a JSON text (UTF-8) without decoding it as a whole: the caller steps from member to member, from item
 * to item, and decodes only the pieces it wants. What it steps over is checked for balance, what it decodes in full.
 *
 * Every error is a SKY_E_BAD_REQUEST that names the byte.
 */
export class JsonCursor {
  readonly bytes: Buffer;
  at: number;
  #depth = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** The next byte that is not white space, -1 at the end. */
  peek(): number {
    const bytes = this.bytes;
    let at = this.at;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    }
    this.at = at;
    return at < bytes.length ? bytes[at]! : -1;
  }

  /** Whether the value here is an object; then the cursor stands behind its brace. */
  enterObject(): boolean {
    return this.#enter(openBrace);
  }

  enterArray(): boolean {
    return this.#enter(openBracket);
  }

  /** The key of the next member, or undefined behind the object's end. `first` is true for the first call. */
  nextKey(first: boolean): string | undefined {
    if (!this.#next(first, closeBrace)) return undefined;
    if (this.peek() !== quote) this.fail('a key');
    const key = this.value();
    if (this.peek() !== colon) this.fail("':'");
    this.at++;
    return key as string;
  }

  /** Whether an item follows; false behind the array's end. */
  nextItem(first: boolean): boolean {
    return this.#next(first, closeBracket);
  }

  /** Decodes the value here and steps behind it. */
  value(): unknown {
    this.peek();
    const start = this.at;
    this.skip();
    return this.#parse(start, this.at);
  }

  /** Steps behind the value here. */
  skip(): void {
    this.#begin();
    this.#scan(this.bytes.length);
    this.#end();
  }

  /** As `skip`, giving the thread back every `slice` bytes. */
  *skipSliced(slice = sliceBytes): Generator<void, void> {
    this.#begin();
    while (!this.#scan(this.at + slice)) yield;
    this.#end();
  }

  #begin(): void {
    const first = this.peek();
    const none = first === comma || first === colon || first === closeBrace || first === closeBracket;
    if (first === -1 || none) this.fail('a value');
    this.#depth = 0;
  }

  /** Steps on within a value; true at its end, false at `stop` or a little later. */
  #scan(stop: number): boolean {
    const bytes = this.bytes;
    const end = bytes.length;
    let at = this.at;
    let depth = this.#depth;
    let done = false;
    while (at < stop && at < end && !done) {
      const byte = bytes[at]!;
      if (byte === quote) {
        for (at++; at < end; at++) {
          const here = bytes[at]!;
          if (here === quote) break;
          if (here === backslash) at++;
        }
        // Behind the end when the quote is missing, which `#end` sees.
        at++;
        done = depth === 0;
      } else if (depth === 0 && byte !== openBrace && byte !== openBracket) {
        at = endOfLiteral(bytes, at);
        done = true;
      } else {
        at++;
        if (byte === openBrace || byte === openBracket) depth++;
        else if (byte === closeBrace || byte === closeBracket) done = --depth === 0;
      }
    }
    this.at = at;
    this.#depth = depth;
    return done || at >= end;
  }

  #end(): void {
    if (this.#depth === 0 && this.at <= this.bytes.length) return;
    this.at = Math.min(this.at, this.bytes.length);
    this.fail('the end of a value');
  }

  /** Throws unless only white space is left. */
  finish(): void {
    if (this.peek() !== -1) this.fail('the end');
  }

  fail(wanted: string): never {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `malformed JSON: ${wanted} is missing at byte ${this.at}`);
  }

  #enter(brace: number): boolean {
    if (this.peek() !== brace) return false;
    this.at++;
    return true;
  }

  #next(first: boolean, close: number): boolean {
    const byte = this.peek();
    if (byte === close) {
      this.at++;
      return false;
    }
    if (first) return true;
    if (byte !== comma) this.fail("','");
    this.at++;
    return true;
  }

  #parse(start: number, end: number): unknown {
    try {
      return JSON.parse(this.bytes.toString('utf8', start, end));
    } catch (thrown) {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `malformed JSON at byte ${start}: ${String(thrown)}`, {
        cause: thrown,
      });
    }
  }
}

/** A number, true, false or null ends where something else begins. */
function endOfLiteral(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (; at < bytes.length; at++) {
    const here = bytes[at]!;
    if (here <= 0x20 || here === comma || here === closeBrace || here === closeBracket) break;
  }
  return at;
}
