// SPDX-License-Identifier: Apache-2.0

/** Pauses between connection attempts: the original's second at first, longer while nobody answers. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: { firstMs?: number; maxMs?: number; random?: () => number } = {}) {
    this.#firstMs = options.firstMs ?? 1000;
    this.#maxMs = options.maxMs ?? 3000;
    this.#random = options.random ?? Math.random;
  }

  /** Milliseconds until the next attempt; up to a fifth is left to chance, so that not all agents come at once. */
  next(): number {
    const pause = Math.min(this.#firstMs * 2 ** this.#failures, this.#maxMs);
    this.#failures++;
    return Math.round(pause * (1 - this.#random() / 5));
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0;
  }
}
