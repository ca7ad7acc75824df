// SPDX-License-Identifier: Apache-2.0

import type { GraphEvent } from '../../graph/event.js';

/**
 * Events that wait to be written. Beyond the limit only the last event of each element is kept: intermediate
 * revisions are lost and counted, the elements themselves never are.
 */
export class Pending {
  readonly limit: number;
  dropped = 0;
  #events: GraphEvent[] = [];
  #head = 0;
  readonly #latest = new Map<string, GraphEvent>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#events.length - this.#head + this.#latest.size;
  }

  push(event: GraphEvent): void {
    if (this.#latest.size === 0 && this.size < this.limit) {
      this.#events.push(event);
      return;
    }
    const key = 'node' in event ? `n${event.node.ID}` : `e${event.edge.ID}`;
    if (this.#latest.has(key)) this.dropped++;
    this.#latest.set(key, event);
  }

  shift(): GraphEvent | undefined {
    if (this.#head === this.#events.length) this.#refill();
    const event = this.#events[this.#head];
    if (event === undefined) return undefined;
    this.#head++;
    // The taken ones go in blocks: a shift of the array would cost its length each time.
    if (this.#head === 4096) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  /** The kept last events, in an order in which no edge lacks an end. */
  #refill(): void {
    this.#head = 0;
    const events = [...this.#latest.values()];
    this.#latest.clear();
    const rank = {
      nodeAdded: 0,
      nodeUpdated: 0,
      edgeAdded: 1,
      edgeUpdated: 1,
      edgeDeleted: 2,
      nodeDeleted: 3,
    };
    this.#events = events.sort((one, other) => rank[one.type] - rank[other.type]);
  }
}
