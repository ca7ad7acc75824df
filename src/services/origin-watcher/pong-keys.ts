// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { KvStore } from '../../store/kv/store.js';
import type { Clock } from '../../wire/clock.js';

/** Folder of the keys that say when an origin (`agent.host1`) was last heard of, in Unix seconds. */
export const pongFolder = '/ws-pong/pods';

export interface PongKeysOptions {
  readonly kv: KvStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A key is not written more often. */
  readonly everyMs: number;
}

interface Written {
  atMs: number;
  /** A write is under way; a pong meanwhile is a reason for another one. */
  writing: boolean;
  again: boolean;
}

/**
 * Writes down when origins were last heard of, for the analyzer that watches them, which may be another one. The
 * original writes with each pong; some seconds between two writes of a key make no difference to who reads it.
 */
export class PongKeys {
  readonly #options: PongKeysOptions;
  readonly #written = new Map<string, Written>();
  #complained = false;

  constructor(options: PongKeysOptions) {
    this.#options = options;
  }

  heard(origin: string): void {
    const now = this.#options.clock.now();
    const written = this.#written.get(origin) ?? {
      atMs: Number.NEGATIVE_INFINITY,
      writing: false,
      again: false,
    };
    this.#written.set(origin, written);
    if (written.writing) written.again = true;
    else if (now - written.atMs >= this.#options.everyMs) void this.#write(origin, written);
  }

  /** The origin is not connected any more: its next pong is written at once. */
  left(origin: string): void {
    this.#written.delete(origin);
  }

  /** For origins that nobody has written down: their time begins now. */
  async begin(origins: readonly string[]): Promise<void> {
    const { kv, clock } = this.#options;
    for (const origin of origins) await kv.create(keyOf(origin), seconds(clock.now()));
  }

  async #write(origin: string, written: Written): Promise<void> {
    const { kv, clock, logger } = this.#options;
    written.writing = true;
    written.again = false;
    written.atMs = clock.now();
    try {
      await kv.set(keyOf(origin), seconds(written.atMs));
      this.#complained = false;
    } catch (error) {
      if (!this.#complained) logger.warn(`cannot write down who was heard of: ${messageOf(error)}`);
      this.#complained = true;
    }
    written.writing = false;
    if (written.again && clock.now() - written.atMs >= this.#options.everyMs)
      void this.#write(origin, written);
  }
}

export function keyOf(origin: string): string {
  return `${pongFolder}/${origin}`;
}

export function originOf(key: string): string {
  return key.slice(pongFolder.length + 1);
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}
