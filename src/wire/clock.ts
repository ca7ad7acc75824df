// SPDX-License-Identifier: Apache-2.0

/** A started timer; `stop` is safe to call twice. */
export interface Timer {
  stop(): void;
}

/** Time and timers, passed in so that tests own them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  after(ms: number, run: () => void): Timer;
  every(ms: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { stop: () => clearTimeout(timer) };
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return { stop: () => clearInterval(timer) };
  },
};
