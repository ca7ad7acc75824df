// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { Timer } from '../wire/clock.js';
import type { Pool } from '../wire/pool.js';
import type { Shared } from '../wire/shared.js';
import type { OriginIndex } from './origin-index.js';
import { deleteOrigin } from './replace-subgraph.js';

export interface AbsentOriginsOptions {
  readonly graph: Graph;
  readonly origins: OriginIndex;
  /** The connections of the agents. */
  readonly agents: Pool;
  readonly shared: Shared;
  /** How long an agent may stay away: in the original five times the pong timeout plus ping delay. */
  readonly graceMs?: number;
}

/**
 * Deletes what an analyzer finds in its history of agents that are gone: they left while it was down, so it saw no
 * disconnect. Agents that are connected, whichever analyzer they tell their graph to, keep what they have.
 */
export class AbsentOrigins {
  readonly #options: AbsentOriginsOptions;
  readonly #grace: Timer;
  #deleting: Generator<void, void> | undefined;

  constructor(options: AbsentOriginsOptions) {
    this.#options = options;
    const found = options.origins.origins().filter((origin) => origin.startsWith('agent.'));
    this.#grace = options.shared.clock.after(options.graceMs ?? 35_000, () => this.#expire(found));
  }

  stop(): void {
    this.#grace.stop();
    this.#deleting = undefined;
  }

  #expire(found: readonly string[]): void {
    this.#deleting = this.#delete(found);
    const step = () => this.#deleting !== undefined && this.#deleting.next().done !== true;
    this.#options.shared.turns.wake({ step });
  }

  *#delete(found: readonly string[]): Generator<void, void> {
    const { graph, origins, agents } = this.#options;
    const connected = (origin: string) => [...agents.speakers].some((speaker) => speaker.origin === origin);
    for (const origin of found) {
      const nodes = deleteOrigin(graph, origins, origin);
      // Asked before each node: an agent may come at any time, and its Sync settles the rest.
      while (!connected(origin) && nodes.next().done !== true) yield;
    }
  }
}
