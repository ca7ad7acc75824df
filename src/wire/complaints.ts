// SPDX-License-Identifier: Apache-2.0

import type { Logger } from '../log/logger.js';
import type { Clock } from './clock.js';

/** What can go wrong on a connection without being anybody's fault but the peer's (or the network's). */
export type Complaint =
  | 'authentication'
  | 'forbidden'
  | 'duplicateHost'
  | 'badUpgrade'
  | 'refused'
  | 'malformedFrame'
  | 'tooLarge'
  | 'malformedMessage'
  | 'malformedPayload'
  | 'handlerError'
  | 'invalidElement'
  | 'graphConflict'
  | 'pongTimeout'
  | 'writeTimeout'
  | 'queueOverflow'
  | 'connectError'
  | 'unanswered'
  | 'unsent';

interface Heard {
  count: number;
  silent: number;
  quietUntil: number;
}

const quietMs = 60_000;

/** Counts every complaint and logs the first of its kind; the following ones show as a number, once a minute. */
export class Complaints {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #heard = new Map<Complaint, Heard>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  note(kind: Complaint, message: string): void {
    const now = this.#clock.now();
    const heard = this.#heard.get(kind) ?? { count: 0, silent: 0, quietUntil: 0 };
    this.#heard.set(kind, heard);
    heard.count++;
    if (now < heard.quietUntil) {
      heard.silent++;
      return;
    }
    const more = heard.silent > 0 ? ` (and ${heard.silent} more like this since)` : '';
    heard.silent = 0;
    heard.quietUntil = now + quietMs;
    this.#log.warn(`${message}${more}`);
  }

  count(kind: Complaint): number {
    return this.#heard.get(kind)?.count ?? 0;
  }

  /** Every kind that was heard, with its count. */
  counts(): Readonly<Partial<Record<Complaint, number>>> {
    return Object.fromEntries([...this.#heard].map(([kind, heard]) => [kind, heard.count]));
  }
}
