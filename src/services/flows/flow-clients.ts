// SPDX-License-Identifier: Apache-2.0

import type { Complaints } from '../../wire/complaints.js';
import type { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';
import type { FlowClient, FlowClientStats } from './flow-client.js';

export interface FlowClientsOptions {
  /** The topology connections to the analyzers. */
  readonly pool: Pool;
  /** A client for the analyzer at the other end of a connection. */
  readonly open: (analyzer: Speaker) => FlowClient;
  readonly complaints: Complaints;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
}

/** How long the last flows may take to go out. */
const flushMs = 1000;
const flushCheckMs = 10;

/**
 * Sends the flows of an agent: one client for each analyzer that the agent is connected to, as long as it is. Each batch
 * goes to one of them, chosen at random; without any it is lost and counted.
 */
export class FlowClients {
  readonly #options: FlowClientsOptions;
  readonly #clients = new Map<Speaker, FlowClient>();
  #stop: (() => void)[] = [];
  /** Of those that are closed, and batches that found no client. */
  #past = { sent: 0, dropped: 0 };

  constructor(options: FlowClientsOptions) {
    this.#options = options;
  }

  start(): void {
    const { pool } = this.#options;
    for (const speaker of pool.speakers) this.#connected(speaker);
    this.#stop = [
      pool.onConnected((speaker) => this.#connected(speaker)),
      pool.onDisconnected((speaker) => this.#disconnected(speaker)),
    ];
  }

  /** Resolves when what had been sent is out, or has had a second for it. */
  async stop(): Promise<void> {
    for (const stop of this.#stop.splice(0)) stop();
    const deadline = performance.now() + flushMs;
    while (this.status().queued > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, flushCheckMs));
    }
    for (const speaker of [...this.#clients.keys()]) this.#disconnected(speaker);
  }

  /** Serialized `Message`s that belong together. Never waits. */
  send(messages: readonly Buffer[]): void {
    const { random = Math.random, complaints } = this.#options;
    const clients = [...this.#clients.values()];
    const client = clients[Math.floor(random() * clients.length)];
    if (client !== undefined) {
      client.send(messages);
      return;
    }
    this.#past.dropped += messages.length;
    complaints.note('unsent', 'flows are lost: no analyzer is connected');
  }

  status(): FlowClientStats {
    let { sent, dropped } = this.#past;
    let queued = 0;
    for (const client of this.#clients.values()) {
      const stats = client.stats();
      sent += stats.sent;
      dropped += stats.dropped;
      queued += stats.queued;
    }
    return { sent, dropped, queued };
  }

  #connected(speaker: Speaker): void {
    this.#clients.set(speaker, this.#options.open(speaker));
  }

  #disconnected(speaker: Speaker): void {
    const client = this.#clients.get(speaker);
    if (client === undefined) return;
    this.#clients.delete(speaker);
    const { sent, dropped, queued } = client.stats();
    this.#past = { sent: this.#past.sent + sent, dropped: this.#past.dropped + dropped + queued };
    client.close();
  }
}
