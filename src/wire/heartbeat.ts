// SPDX-License-Identifier: Apache-2.0

import type { WebSocket } from 'ws';
import type { Clock, Timer } from './clock.js';

export interface HeartbeatOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly pingDelayMs: number;
  readonly pongTimeoutMs: number;
  /** While true the socket is not read, so that no pong can come: the deadline waits. */
  readonly paused: () => boolean;
  readonly pong: () => void;
  readonly expired: () => void;
}

/**
 * The server's side of liveness: a ping at once and every `pingDelayMs`; only a pong, not data, puts off the
 * deadline of `pongTimeoutMs + pingDelayMs`.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: Timer;
  #deadline: number;
  #lastTick: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const { socket, clock } = options;
    this.#deadline = this.#next();
    this.#lastTick = clock.now();
    socket.on('pong', () => {
      this.#deadline = this.#next();
      options.pong();
    });
    socket.ping();
    this.#timer = clock.every(options.pingDelayMs, () => this.#tick());
  }

  stop(): void {
    this.#timer.stop();
  }

  #next(): number {
    return this.#options.clock.now() + this.#options.pongTimeoutMs + this.#options.pingDelayMs;
  }

  #tick(): void {
    const { socket, clock, pingDelayMs } = this.#options;
    const now = clock.now();
    // Time in which this process did not run does not count: pongs may be waiting to be read.
    this.#deadline += Math.max(0, now - this.#lastTick - pingDelayMs);
    this.#lastTick = now;
    if (this.#options.paused()) this.#deadline = this.#next();
    if (now >= this.#deadline) {
      this.stop();
      this.#options.expired();
    } else if (socket.readyState === socket.OPEN) {
      socket.ping();
    }
  }
}
