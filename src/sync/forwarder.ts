// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { Pool } from '../wire/pool.js';
import type { Speaker } from '../wire/speaker.js';
import type { ConnectionStatus } from '../wire/status.js';
import { Feed } from './feed.js';
import { EventMessages, syncMessage } from './graph-message.js';

export interface ForwarderOptions {
  readonly graph: Graph;
  /** The connections to all analyzers. */
  readonly pool: Pool;
  /** 0 ≤ x < 1: which analyzer is next when the master is lost. */
  readonly random?: () => number;
}

/**
 * Tells one analyzer, the master, everything about the agent's graph: first the whole of it, then each change. The
 * first analyzer that connects is the master; when it is lost, another connected one takes over.
 */
export class Forwarder {
  readonly #graph: Graph;
  readonly #pool: Pool;
  readonly #random: () => number;
  #stop: (() => void)[] = [];
  #master: Speaker | undefined;
  #feed: Feed | undefined;

  constructor(options: ForwarderOptions) {
    this.#graph = options.graph;
    this.#pool = options.pool;
    this.#random = options.random ?? Math.random;
  }

  /** The analyzer that is told, when one is connected. */
  get master(): Speaker | undefined {
    return this.#master;
  }

  start(): void {
    this.#stop = [
      this.#pool.onConnected((speaker) => {
        if (this.#master === undefined) this.#follow(speaker);
      }),
      this.#pool.onDisconnected((speaker) => {
        if (speaker === this.#master) this.#elect();
      }),
      this.#graph.on((event) => this.#feed?.send(new EventMessages(event))),
    ];
    this.#elect();
  }

  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
    this.#leave();
  }

  /** The analyzers by host id, as `/api/status` shows them. */
  status(): Record<string, ConnectionStatus & { readonly IsMaster: boolean }> {
    const analyzers = [...this.#pool.speakers].map((speaker) => [
      speaker.peer.host,
      { ...speaker.status(), IsMaster: speaker === this.#master },
    ]);
    return Object.fromEntries(analyzers);
  }

  #elect(): void {
    this.#leave();
    const connected = [...this.#pool.speakers].filter((speaker) => speaker.connected);
    const next = connected[Math.floor(this.#random() * connected.length)];
    if (next !== undefined) this.#follow(next);
  }

  #follow(speaker: Speaker): void {
    this.#master = speaker;
    // The view is taken when the queue takes the message: no change can come between it and the feed.
    if (speaker.send(syncMessage({ type: 'Sync' }, () => this.#graph.view()))) {
      this.#feed = new Feed(this.#graph, speaker, 'partial');
      return;
    }
    const stop = speaker.onDrained(() => {
      stop();
      if (speaker === this.#master && this.#feed === undefined) this.#follow(speaker);
    });
  }

  #leave(): void {
    this.#feed?.stop();
    this.#feed = undefined;
    this.#master = undefined;
  }
}
