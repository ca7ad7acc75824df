// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';

interface Failures {
  count: number;
  /** No attempt is looked at before. */
  until: number;
  last: number;
  /** Attempts that came during the pause. */
  held: number;
}

/** Failures that are free, then how long the first pause is; it doubles up to the last. */
interface Rule {
  readonly free: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

const rules = {
  /** One account from one address: somebody guesses, or has forgotten. */
  pair: { free: 5, firstMs: 1000, maxMs: 60_000 },
  /** Many accounts from one address. Several people may share it. */
  address: { free: 50, firstMs: 1000, maxMs: 60_000 },
  /** One account from many addresses: guesses are slowed, the owner is not locked out for long. */
  account: { free: 100, firstMs: 1000, maxMs: 1000 },
} as const satisfies Record<string, Rule>;

type Kind = keyof typeof rules;

const forgetMs = 15 * 60_000;
const maxTracked = 10_000;
const maxHeld = 100;

/** Slows down who guesses passwords: refused at once during a pause, so that guesses cost us nothing. */
export class Throttle {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Throws SKY_E_UNAUTHORIZED during a pause. `verified`: the credential was found right before, from this address; its
   * owner goes on while somebody guesses. Not without bound, though: guesses that come from the same address and happen
   * to be right look the same.
   */
  check(account: string, from: string, verified = false): void {
    const now = this.#now();
    for (const [kind, key] of keysOf(account, from)) {
      const failures = this.#failures.get(key);
      if (failures === undefined || failures.until <= now) continue;
      if (verified && (kind === 'account' || failures.held <= maxHeld)) continue;
      if (!verified) failures.held += 1;
      const seconds = Math.ceil((failures.until - now) / 1000);
      throw new SkydiveError('SKY_E_UNAUTHORIZED', `Too many failed logins, try again in ${seconds} s`);
    }
  }

  /**
   * Counts an attempt as failed. To be called before the attempt is looked at: many guesses at once must not all get
   * in before the first one has failed.
   */
  failed(account: string, from: string): void {
    const now = this.#now();
    for (const [kind, key] of keysOf(account, from)) {
      const known = this.#failures.get(key);
      const count = known === undefined || now - known.last > forgetMs ? 1 : known.count + 1;
      const { free, firstMs, maxMs } = rules[kind];
      const pauseMs = count > free ? Math.min(firstMs * 2 ** Math.min(count - free - 1, 20), maxMs) : 0;
      this.#failures.delete(key);
      this.#failures.set(key, { count, until: now + pauseMs, last: now, held: 0 });
    }
    // The oldest are at the front: a map keeps the order of insertion.
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= maxTracked) break;
      this.#failures.delete(key);
    }
  }

  /** Takes back the failure that an attempt was counted as while it was looked at. */
  succeeded(account: string, from: string): void {
    for (const [kind, key] of keysOf(account, from)) {
      const known = this.#failures.get(key);
      if (known === undefined) continue;
      known.count -= 1;
      if (kind === 'pair' || known.count <= rules[kind].free) known.until = 0;
      if (kind === 'pair' || known.count === 0) this.#failures.delete(key);
    }
  }
}

function keysOf(account: string, from: string): Map<Kind, string> {
  return new Map<Kind, string>([
    ['pair', `pair ${from} ${account}`],
    ['address', `address ${from}`],
    ['account', `account ${account}`],
  ]);
}
