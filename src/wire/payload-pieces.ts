// SPDX-License-Identifier: Apache-2.0

import { encodeProtobufHead } from './codec-protobuf.js';
import type { MessageHead } from './message.js';
import type { Piece, PieceSource } from './pieces.js';

const pieceBytes = 64 * 1024;

/** A message with a large protobuf payload as frames on a protobuf connection; nothing is put together. */
export class PayloadPieces implements PieceSource {
  readonly #parts: Buffer[];
  #at = 0;

  constructor(head: Required<MessageHead>, parts: readonly Buffer[], size: number) {
    this.#parts = [encodeProtobufHead({ ...head, format: 'protobuf' }, size), ...parts].reverse();
  }

  next(): Piece {
    const part = this.#parts.at(-1) ?? Buffer.alloc(0);
    const bytes = part.subarray(this.#at, this.#at + pieceBytes);
    this.#at += bytes.length;
    if (this.#at >= part.length) {
      this.#parts.pop();
      this.#at = 0;
    }
    return { bytes, last: this.#parts.length === 0 };
  }

  release(): void {
    this.#parts.length = 0;
  }
}
