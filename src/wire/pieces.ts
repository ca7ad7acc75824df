// SPDX-License-Identifier: Apache-2.0

import { encodeJsonHead } from './codec-json.js';
import { encodeProtobufHead } from './codec-protobuf.js';
import type { MessageHead, Protocol } from './message.js';

/** Gives a huge payload as pieces of JSON text. `release` is called exactly once, whether or not all were taken. */
export interface ChunkSource {
  next(): string | undefined;
  release(): void;
}

/** A piece of an encoded message, or nothing yet. */
export type Piece = { readonly bytes: Buffer; readonly last: boolean } | undefined;

/** A message that is encoded while it is sent. `release` may be called at any time, also twice. */
export interface PieceSource {
  /** The next piece; undefined when only some work was done. Not to be called behind the last one. */
  next(): Piece;
  release(): void;
}

/** A chunked message as the frames of one connection, made while they are sent. */
export class Pieces implements PieceSource {
  readonly #head: Required<MessageHead>;
  readonly #protocol: Protocol;
  readonly #source: ChunkSource;
  #ahead: string | undefined;
  #started = false;
  #released = false;
  /** Protobuf tells the payload's size ahead of it, so all of it is encoded before the first piece is given. */
  #collected: Buffer[] = [];
  #collectedBytes = 0;
  #given = -1;

  constructor(head: Required<MessageHead>, protocol: Protocol, source: ChunkSource) {
    this.#head = head;
    this.#protocol = protocol;
    this.#source = source;
  }

  next(): Piece {
    return this.#protocol === 'json' ? this.#nextJson() : this.#nextProtobuf();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#source.release();
  }

  #nextJson(): Piece {
    let text = '';
    if (!this.#started) {
      this.#started = true;
      this.#ahead = this.#source.next();
      text = encodeJsonHead(this.#head);
    }
    text += this.#ahead ?? '';
    this.#ahead = this.#source.next();
    const last = this.#ahead === undefined;
    if (last) this.release();
    return { bytes: Buffer.from(last ? `${text}}` : text), last };
  }

  #nextProtobuf(): Piece {
    if (!this.#released) {
      const chunk = this.#source.next();
      if (chunk === undefined) {
        this.release();
      } else {
        const bytes = Buffer.from(chunk);
        this.#collected.push(bytes);
        this.#collectedBytes += bytes.length;
      }
      return undefined;
    }
    const index = this.#given++;
    const last = this.#given >= this.#collected.length;
    if (index === -1) {
      return { bytes: encodeProtobufHead({ ...this.#head, format: 'json' }, this.#collectedBytes), last };
    }
    const bytes = this.#collected[index]!;
    this.#collected[index] = Buffer.alloc(0);
    return { bytes, last };
  }
}
