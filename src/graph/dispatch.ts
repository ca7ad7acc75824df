// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { GraphEvent, GraphListener } from './event.js';

interface Registration {
  readonly listener: GraphListener;
  active: boolean;
}

interface Queued {
  readonly event: GraphEvent;
  /** The listener that raised the event: it is not told. */
  readonly raisedBy: Registration | undefined;
}

/**
 * Tells listeners, synchronously and in registration order. What a listener raises waits until the current event has
 * reached all of them, so everyone sees one order of events.
 *
 * The queue never drops: consumers keep copies of the graph and a lost event would falsify them for good. Instead
 * `admit`, which is asked before a change is made, refuses the change while `capacity` events wait.
 */
export class Dispatcher {
  readonly capacity: number;
  /** Replaced, never changed, so that an event reaches those who were there when its delivery began. */
  #registrations: readonly Registration[] = [];
  readonly #queue: Queued[] = [];
  readonly #onError: ((error: unknown, event: GraphEvent) => void) | undefined;
  #next = 0;
  #running: Registration | undefined;
  #dispatching = false;

  constructor(capacity: number, onError?: (error: unknown, event: GraphEvent) => void) {
    this.capacity = capacity;
    this.#onError = onError;
  }

  /** Each registration is one of its own, even of the same function. The result ends it. */
  on(listener: GraphListener): () => void {
    const registration: Registration = { listener, active: true };
    this.#registrations = [...this.#registrations, registration];
    return () => {
      registration.active = false;
      this.#registrations = this.#registrations.filter((other) => other !== registration);
    };
  }

  /** Events that wait for delivery. */
  get waiting(): number {
    return this.#queue.length - this.#next;
  }

  /** Throws while the queue is full: some listener keeps reacting to its own consequences. */
  admit(): void {
    if (this.waiting < this.capacity) return;
    throw new SkydiveError(
      'SKY_E_INTERNAL',
      `the graph refuses the change: ${this.waiting} events wait for listeners that raise more than they consume`,
    );
  }

  /**
   * Delivers the event, or queues it when called from a listener. What listeners throw does not keep the others from
   * being told; without an error handler the first error is thrown at the end.
   */
  emit(event: GraphEvent): void {
    if (this.#registrations.length === 0) return;
    this.#queue.push({ event, raisedBy: this.#running });
    if (this.#dispatching) return;
    this.#dispatching = true;
    const errors: unknown[] = [];
    try {
      while (this.#next < this.#queue.length) this.#deliver(this.#queue[this.#next++]!, errors);
    } finally {
      this.#queue.length = 0;
      this.#next = 0;
      this.#dispatching = false;
      this.#running = undefined;
    }
    if (errors.length > 0) throw errors[0];
  }

  #deliver({ event, raisedBy }: Queued, errors: unknown[]): void {
    for (const registration of this.#registrations) {
      if (registration === raisedBy || !registration.active) continue;
      this.#running = registration;
      try {
        registration.listener(event);
      } catch (error) {
        if (this.#onError === undefined) errors.push(error);
        else this.#onError(error, event);
      }
    }
    this.#running = undefined;
  }
}
