// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Logger } from '../../log/logger.js';
import { Election, type ElectionTimes } from '../../store/kv/election.js';
import type { KvStore } from '../../store/kv/store.js';
import type { OriginIndex } from '../../sync/origin-index.js';
import { deleteOrigin } from '../../sync/replace-subgraph.js';
import type { Timer } from '../../wire/clock.js';
import type { Pool } from '../../wire/pool.js';
import type { Shared } from '../../wire/shared.js';
import { originOf, PongKeys, pongFolder } from './pong-keys.js';

export interface OriginWatcherOptions {
  readonly kv: KvStore;
  readonly graph: Graph;
  readonly origins: OriginIndex;
  /** Incoming connections of agents and of other analyzers. */
  readonly pools: readonly Pool[];
  /** Own host id. */
  readonly host: string;
  readonly shared: Shared;
  readonly logger: Logger;
  readonly pingDelayMs: number;
  readonly pongTimeoutMs: number;
  readonly times?: Partial<ElectionTimes>;
}

/** How often the keys are looked at. */
const scanMs = 5000;
/** An origin may miss so many pongs. */
const missedPongs = 5;

/**
 * Deletes what the graph holds of agents and analyzers that no analyzer has heard of for 35 s (by default): those that
 * went away while the analyzer they told their graph to was down, or together with it. Each analyzer writes down whom
 * it hears (`/ws-pong/pods/<origin>`), one of them, elected, looks after all: the keys and times of the original.
 */
export class OriginWatcher {
  readonly #options: OriginWatcherOptions;
  readonly #pongs: PongKeys;
  readonly #election: Election;
  readonly #graceMs: number;
  readonly #startedMs: number;
  readonly #stop: (() => void)[] = [];
  #scan: Timer | undefined;
  #scanning = false;
  #stopped = false;

  constructor(options: OriginWatcherOptions) {
    this.#options = options;
    const { kv, shared, logger, host, pools, pingDelayMs, pongTimeoutMs, times } = options;
    const { clock } = shared;
    this.#pongs = new PongKeys({ kv, clock, logger, everyMs: pongTimeoutMs });
    this.#election = new Election({
      kv,
      name: 'hub-origin-watcher',
      host,
      logger,
      ...(times !== undefined && { times }),
    });
    this.#graceMs = missedPongs * (pongTimeoutMs + pingDelayMs);
    this.#startedMs = clock.now();
    for (const pool of pools) {
      this.#stop.push(
        pool.onPong((speaker) => this.#pongs.heard(speaker.origin)),
        pool.onDisconnected((speaker) => this.#pongs.left(speaker.origin)),
      );
    }
  }

  get isMaster(): boolean {
    return this.#election.isMaster;
  }

  start(): void {
    const { origins, shared, logger } = this.#options;
    this.#election.start();
    // Who is in the history, and left while we were down, may never have been written down.
    const found = origins.origins().filter((origin) => origin.startsWith('agent.'));
    this.#pongs.begin(found).catch((error: unknown) => {
      logger.warn(`agents of the history are not watched: ${messageOf(error)}`);
    });
    this.#scan = shared.clock.every(scanMs, () => void this.#look());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#scan?.stop();
    for (const stop of this.#stop.splice(0)) stop();
    await this.#election.stop();
  }

  async #look(): Promise<void> {
    if (this.#scanning || !this.isMaster) return;
    this.#scanning = true;
    const { kv, logger, shared } = this.#options;
    try {
      for (const { key, value } of (await kv.list(pongFolder)).entries) {
        const heardMs = Number(value) * 1000;
        // Those that we kept waiting ourselves, by being away, have the whole time from our start.
        const silentMs = shared.clock.now() - Math.max(heardMs, this.#startedMs);
        const origin = originOf(key);
        if (!(silentMs > this.#graceMs) || this.#connected(origin) || !this.isMaster) continue;
        if (await this.#forget(origin)) {
          logger.info(
            `${origin} was not heard of for ${Math.round(silentMs / 1000)} s: its elements are gone`,
          );
        }
        // Not what was written meanwhile.
        if (!this.#stopped) await kv.compareAndDelete(key, value);
      }
    } catch (error) {
      logger.warn(`origins are not watched: ${messageOf(error)}, trying again`);
    } finally {
      this.#scanning = false;
    }
  }

  #connected(origin: string): boolean {
    return this.#options.pools.some((pool) =>
      [...pool.speakers].some((speaker) => speaker.origin === origin),
    );
  }

  /** Deletes its elements; false when there were none. */
  #forget(origin: string): Promise<boolean> {
    const { graph, origins, shared } = this.#options;
    if (origins.nodesOf(origin).length === 0) return Promise.resolve(false);
    const nodes = deleteOrigin(graph, origins, origin);
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          // Asked before each node: it may come at any time, and its Sync settles the rest.
          const more = !this.#stopped && !this.#connected(origin) && nodes.next().done !== true;
          if (!more) resolve(true);
          return more;
        } catch (error) {
          reject(error);
          return false;
        }
      };
      shared.turns.wake({ step });
    });
  }
}
