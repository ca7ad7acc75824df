// SPDX-License-Identifier: Apache-2.0

import { randomUUID } from 'node:crypto';
import { SkydiveError } from '../errors.js';

/** How a connection encodes its messages; fixed by `X-Client-Protocol` when it is made. */
export type Protocol = 'json' | 'protobuf';

/** What `Obj` holds: JSON text or a protobuf message. */
export type PayloadFormat = 'json' | 'protobuf';

/**
 * The envelope of everything but raw flows: a routing key, a type, an id that a reply repeats, an HTTP-like status
 * and a payload. An absent field is the empty string or 0, as on the wire.
 */
export interface StructMessage {
  readonly namespace: string;
  readonly type: string;
  readonly uuid: string;
  readonly status: number;
  readonly format: PayloadFormat;
  readonly payload: Payload;
}

/** A payload as it came: bytes, or the value that was inlined in a JSON envelope. Decoded when asked for. */
export class Payload {
  readonly #bytes: Buffer | undefined;
  readonly #value: unknown;

  private constructor(bytes: Buffer | undefined, value: unknown) {
    this.#bytes = bytes;
    this.#value = value;
  }

  static ofBytes(bytes: Buffer): Payload {
    return new Payload(bytes, undefined);
  }

  static ofValue(value: unknown): Payload {
    return new Payload(undefined, value);
  }

  /** True when there was no `Obj` at all; `null` is a payload. */
  get isEmpty(): boolean {
    return this.#bytes !== undefined && this.#bytes.length === 0;
  }

  /** Size if the payload is still encoded, else 0: what is decoded already needs no slicing. */
  get encodedBytes(): number {
    return this.#bytes?.length ?? 0;
  }

  /** The decoded JSON. Throws SKY_E_WIRE when there is none or it is malformed. */
  json(): unknown {
    if (this.#bytes === undefined) return this.#value;
    if (this.#bytes.length === 0) throw new SkydiveError('SKY_E_WIRE', 'the message has no Obj');
    try {
      return JSON.parse(this.#bytes.toString('utf8'));
    } catch (thrown) {
      throw new SkydiveError('SKY_E_WIRE', `Obj is not JSON: ${String(thrown)}`, { cause: thrown });
    }
  }

  /** The encoded form. */
  bytes(): Buffer {
    return this.#bytes ?? Buffer.from(JSON.stringify(this.#value));
  }
}

/** Fields of a message to be sent; `uuid` is a fresh one and `status` 200 unless given. */
export interface MessageHead {
  readonly namespace: string;
  readonly type: string;
  readonly uuid?: string;
  readonly status?: number;
}

export function newUuid(): string {
  return randomUUID();
}
