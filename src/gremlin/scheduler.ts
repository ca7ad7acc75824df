// SPDX-License-Identifier: Apache-2.0

import { GremlinError } from './error.js';

export interface SchedulerOptions {
  /** Aborted when whoever asked is gone. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole query may take; absent: for ever. */
  readonly timeoutMs?: number | undefined;
  /** How long it may hold the event loop in one go. */
  readonly sliceMs?: number | undefined;
  /** A clock that never goes back, in ms. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Shares the event loop between a query and everything else. Loops ask `due` once per batch and, when it says so,
 * await `pause`, which also is where cancellation and the time budget strike.
 */
export class Scheduler {
  readonly signal: AbortSignal | undefined;
  readonly #clock: () => number;
  readonly #sliceMs: number;
  readonly #timeoutMs: number;
  readonly #startMs: number;
  #sliceEndMs: number;

  constructor(options: SchedulerOptions = {}) {
    this.signal = options.signal;
    this.#clock = options.clock ?? (() => performance.now());
    this.#sliceMs = options.sliceMs ?? 3;
    this.#timeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
    this.#startMs = this.#clock();
    this.#sliceEndMs = this.#startMs + this.#sliceMs;
  }

  now(): number {
    return this.#clock();
  }

  elapsedMs(): number {
    return this.#clock() - this.#startMs;
  }

  /** The time to let others run has come. */
  due(): boolean {
    return this.#clock() >= this.#sliceEndMs;
  }

  /** Throws X-CANCEL or X-BUDGET when the query has to end. */
  check(): void {
    if (this.signal?.aborted === true)
      throw new GremlinError(
        'X-CANCEL',
        'the query was cancelled: whoever asked is gone',
        undefined,
        this.signal.reason,
      );
    if (this.elapsedMs() > this.#timeoutMs) {
      throw new GremlinError(
        'X-BUDGET',
        `the query took longer than ${this.#timeoutMs} ms (analyzer.gremlin.timeout): narrow it, or raise the limit`,
      );
    }
  }

  /** Lets everything else that waits run once. */
  async pause(): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.check();
    this.#sliceEndMs = this.#clock() + this.#sliceMs;
  }

  /** Visits items one by one, letting others run meanwhile. */
  async each<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
    let visited = 0;
    for (const item of items) {
      visit(item);
      if ((++visited & 127) === 0 && this.due()) await this.pause();
    }
  }

  /** What `made` makes of each item, letting others run meanwhile. */
  async map<T, U>(items: Iterable<T>, made: (item: T) => U): Promise<U[]> {
    const all: U[] = [];
    await this.each(items, (item) => all.push(made(item)));
    return all;
  }

  /** A fresh slice after having waited for somebody else. */
  resumed(): void {
    this.check();
    this.#sliceEndMs = this.#clock() + this.#sliceMs;
  }
}
