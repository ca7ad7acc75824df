// SPDX-License-Identifier: Apache-2.0

import type { Logger } from '../log/logger.js';
import { type Clock, systemClock } from './clock.js';
import { Complaints } from './complaints.js';
import { ReadBudget } from './read-budget.js';
import { Turns } from './turns.js';

/** What all connections of a process share, whichever end they are. */
export interface Shared {
  readonly turns: Turns;
  readonly reading: ReadBudget;
  readonly clock: Clock;
  readonly complaints: Complaints;
  /** `http.ws.queue_size`: messages per connection and direction. */
  readonly queueSize: number;
}

/** Made once per process and passed to its servers, clients and endpoints. */
export function shareWire(options: {
  readonly log: Logger;
  readonly clock?: Clock;
  readonly queueSize?: number;
}): Shared {
  const clock = options.clock ?? systemClock;
  return {
    turns: new Turns(),
    reading: new ReadBudget(),
    clock,
    complaints: new Complaints(options.log, clock),
    queueSize: options.queueSize ?? 10_000,
  };
}
