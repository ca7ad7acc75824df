// SPDX-License-Identifier: Apache-2.0

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest stretch without giving the event loop its turn. */
const defaultSliceMs = 4;

/** Cuts long work: call `pause()` often; it waits a turn of the event loop when the slice is over. */
export class Slices {
  #end: number;
  readonly #sliceMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal, sliceMs = defaultSliceMs) {
    this.#sliceMs = sliceMs;
    this.#end = performance.now() + sliceMs;
    this.#signal = signal;
  }

  get over(): boolean {
    return performance.now() >= this.#end;
  }

  /** Rejects with the signal's reason once it is aborted. */
  async pause(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (!this.over) return;
    await nextTurn();
    this.#end = performance.now() + this.#sliceMs;
    this.#signal?.throwIfAborted();
  }
}
