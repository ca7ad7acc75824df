// SPDX-License-Identifier: Apache-2.0

import { availableParallelism } from 'node:os';
import { SkydiveError } from '../../errors.js';

/** As many as may wait in all, and of one address. */
export interface HashTurnsLimits {
  readonly atOnce: number;
  readonly waiting: number;
  readonly waitingOfOne: number;
}

const defaults: HashTurnsLimits = {
  // Hashing takes a processor for tenths of a second: one is left for everything else.
  atOnce: Math.max(1, Math.min(2, availableParallelism() - 1)),
  waiting: 2000,
  waitingOfOne: 100,
};

/**
 * Lets passwords be hashed a few at a time, addresses in turn: who guesses from one address waits behind itself, and
 * others wait for no more than what is being hashed at the moment.
 */
export class HashTurns {
  readonly #limits: HashTurnsLimits;
  /** Address → what waits, in the order of the addresses' turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #count = 0;
  #running = 0;
  /** Attempts that found no room. */
  refused = 0;

  constructor(limits: Partial<HashTurnsLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
  }

  /** Runs the work when it is the address's turn. Throws SKY_E_UNAUTHORIZED when too much waits already. */
  async take<T>(from: string, work: () => Promise<T>): Promise<T> {
    const { atOnce, waiting, waitingOfOne } = this.#limits;
    if (this.#running >= atOnce) {
      const own = this.#waiting.get(from) ?? [];
      if (this.#count >= waiting || own.length >= waitingOfOne) {
        this.refused += 1;
        throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Too many logins at once, try again later');
      }
      this.#waiting.set(from, own);
      this.#count += 1;
      // Whoever hands over the turn keeps the place.
      await new Promise<void>((resolve) => own.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #next(): void {
    for (const [from, own] of this.#waiting) {
      this.#waiting.delete(from);
      const first = own.shift();
      if (own.length > 0) this.#waiting.set(from, own);
      this.#count -= 1;
      first?.();
      return;
    }
    this.#running -= 1;
  }
}
