// SPDX-License-Identifier: Apache-2.0

import { encodeJson } from '../json/encode.js';
import { encodeJsonHead } from './codec-json.js';
import { encodeProtobufHead } from './codec-protobuf.js';
import { type MessageHead, newUuid, type Protocol } from './message.js';
import { PayloadPieces } from './payload-pieces.js';
import { type ChunkSource, type PieceSource, Pieces } from './pieces.js';

/** Protobuf payloads up to that size are sent in one frame. */
const wholeBytes = 256 * 1024;

/** What a message carries: JSON text made on demand, JSON text in chunks, or protobuf with a JSON twin. */
type Body =
  | { readonly kind: 'text'; readonly text: () => string }
  | { readonly kind: 'chunks'; readonly chunks: () => ChunkSource }
  | { readonly kind: 'protobuf'; readonly parts: readonly Buffer[]; readonly text: () => string };

/**
 * A message on its way out. One that goes to many connections is encoded once per protocol; a huge one is encoded in
 * pieces, while it is being sent.
 */
export class Outgoing {
  readonly head: Required<MessageHead>;
  readonly #body: Body;
  #json: Buffer | undefined;
  #binary: Buffer | undefined;

  private constructor(head: MessageHead, body: Body) {
    this.head = {
      namespace: head.namespace,
      type: head.type,
      uuid: head.uuid ?? newUuid(),
      status: head.status ?? 200,
    };
    this.#body = body;
  }

  /** `obj` is encoded when the first connection takes the message. */
  static json(head: MessageHead, obj: unknown): Outgoing {
    return new Outgoing(head, { kind: 'text', text: () => encodeJson(obj) });
  }

  /** `text` gives the payload as JSON. */
  static text(head: MessageHead, text: () => string): Outgoing {
    return new Outgoing(head, { kind: 'text', text });
  }

  /** `chunks` opens the payload once for each connection that takes the message. */
  static chunked(head: MessageHead, chunks: () => ChunkSource): Outgoing {
    return new Outgoing(head, { kind: 'chunks', chunks });
  }

  /** A payload that is protobuf on a protobuf connection and `obj` on a JSON one. A large one may come in parts. */
  static protobuf(head: MessageHead, bytes: Buffer | readonly Buffer[], obj: () => unknown): Outgoing {
    const parts = Buffer.isBuffer(bytes) ? [bytes] : bytes;
    return new Outgoing(head, { kind: 'protobuf', parts, text: () => encodeJson(obj()) });
  }

  /** The whole message, or the pieces of a chunked one, which have to be released. */
  encode(protocol: Protocol): Buffer | PieceSource {
    const body = this.#body;
    if (body.kind === 'chunks') return new Pieces(this.head, protocol, body.chunks());
    if (protocol === 'json') {
      this.#json ??= Buffer.from(`${encodeJsonHead(this.head)}${body.text()}}`);
      return this.#json;
    }
    if (this.#binary === undefined) {
      const parts = body.kind === 'protobuf' ? body.parts : [Buffer.from(body.text())];
      const format = body.kind === 'protobuf' ? 'protobuf' : 'json';
      const size = parts.reduce((sum, part) => sum + part.length, 0);
      if (format === 'protobuf' && size > wholeBytes) return new PayloadPieces(this.head, parts, size);
      this.#binary = Buffer.concat([encodeProtobufHead({ ...this.head, format }, size), ...parts]);
    }
    return this.#binary;
  }
}
