// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { KvEvent, KvStore, KvWatch } from './store.js';

/** Who a candidate is at the moment. */
export type ElectionState = 'master' | 'slave';

export interface ElectionOptions {
  readonly kv: KvStore;
  /** `alert-server`, `ondemand-client-Capture`, … */
  readonly name: string;
  /** Own host id. */
  readonly host: string;
  readonly logger: Logger;
  /** Milliseconds that never go back. */
  readonly monotonic?: () => number;
  readonly times?: Partial<ElectionTimes>;
}

export interface ElectionTimes {
  /** Life of the key, in seconds. */
  readonly ttlS: number;
  readonly refreshMs: number;
  /** Between attempts that failed. */
  readonly retryMs: number;
  /** A master that could not renew its key steps down so long before the key can go. */
  readonly marginMs: number;
}

const defaultTimes: ElectionTimes = { ttlS: 30, refreshMs: 15_000, retryMs: 1000, marginMs: 2000 };

/**
 * One candidate of an election on the key-value store, with the keys and times of the original, so that both kinds of
 * analyzers elect one master: `/elections/<name>` holds the host id of the master and expires unless it is renewed.
 *
 * A master knows from its own clocks until when the key holds. Past that time it is no master, whether or not it was
 * told so: no two masters exist at once, even when the store cannot be reached or this process was suspended.
 */
export class Election {
  readonly #options: ElectionOptions;
  readonly #times: ElectionTimes;
  readonly #monotonic: () => number;
  readonly #listeners = new Set<(state: ElectionState) => void>();
  readonly #key: string;
  /** Until when the key is ours for sure, by both clocks; undefined for a slave. */
  #lease: { monotonic: number; wall: number } | undefined;
  #state: ElectionState | undefined;
  #watch: KvWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stepDown: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#key = `/elections/${options.name}`;
  }

  get isMaster(): boolean {
    const lease = this.#lease;
    // The wall clock also sees a suspended machine; should it be set back, the other one counts.
    return lease !== undefined && this.#monotonic() < lease.monotonic && Date.now() < lease.wall;
  }

  /** Called with each change, the first decision included. */
  on(listener: (state: ElectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes part until `stop`. Does not wait for the store. */
  start(): void {
    this.#run(async () => {
      await this.#options.kv.compareAndDelete(this.#key, this.#options.host);
      await this.#follow();
    });
  }

  /** Leaves the election and gives the key back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#stepDown);
    this.#watch?.stop();
    await this.#busy;
    const wasMaster = this.isMaster;
    this.#lease = undefined;
    if (!wasMaster) return;
    try {
      await this.#options.kv.compareAndDelete(this.#key, this.#options.host);
    } catch (error) {
      this.#options.logger.warn(`election ${this.#options.name}: not given back: ${messageOf(error)}`);
    }
  }

  /** Steps run one after the other; one that fails is tried again. */
  #run(step: () => Promise<void>): void {
    this.#busy = this.#busy.then(async () => {
      if (this.#stopped) return;
      try {
        await step();
      } catch (error) {
        this.#options.logger.warn(`election ${this.#options.name}: ${messageOf(error)}, trying again`);
        this.#later(
          this.#times.retryMs,
          this.#lease === undefined ? () => this.#follow() : () => this.#renew(),
        );
      }
    });
  }

  #later(delayMs: number, step: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#run(step), delayMs);
  }

  /** Watches the key from now on, and tries to get it. */
  async #follow(): Promise<void> {
    const { kv } = this.#options;
    this.#watch?.stop();
    const { index } = await kv.list(this.#key);
    if (this.#stopped) return;
    this.#watch = kv.watch(this.#key, index, {
      event: (event) => this.#changed(event),
      lost: () => this.#run(() => this.#follow()),
    });
    await this.#campaign();
  }

  async #campaign(): Promise<void> {
    const { kv, host } = this.#options;
    if (this.isMaster) return;
    const lease = this.#leaseFromNow();
    const options = { ttlS: this.#times.ttlS };
    const made = await kv.create(this.#key, host, options);
    // An attempt whose answer was lost may have made it.
    const won = made !== undefined || (await kv.compareAndSet(this.#key, host, host, options)) !== undefined;
    if (won) this.#hold(lease);
    else this.#become('slave');
    // A watch may miss what a store forgets: look again once in a while.
    this.#later(this.#times.refreshMs, won ? () => this.#renew() : () => this.#campaign());
  }

  async #renew(): Promise<void> {
    const { kv, host } = this.#options;
    if (!this.isMaster) {
      this.#lost();
      return this.#campaign();
    }
    const lease = this.#leaseFromNow();
    if ((await kv.compareAndSet(this.#key, host, host, { ttlS: this.#times.ttlS })) === undefined) {
      this.#lost();
      return this.#campaign();
    }
    this.#hold(lease);
    this.#later(this.#times.refreshMs, () => this.#renew());
  }

  #changed(event: KvEvent): void {
    const { host } = this.#options;
    if (event.kind === 'delete') {
      // Somebody may have taken the key away by hand; what expired was somebody else's, or is no longer ours.
      this.#run(() => (this.isMaster ? this.#renew() : this.#campaign()));
    } else if (event.entry.value !== host && this.#lease !== undefined) {
      this.#lost();
    }
  }

  /** The key lives from when the store handled the request, which is not before it was sent. */
  #leaseFromNow() {
    const lifeMs = this.#times.ttlS * 1000 - this.#times.marginMs;
    return { monotonic: this.#monotonic() + lifeMs, wall: Date.now() + lifeMs };
  }

  #hold(lease: { monotonic: number; wall: number }): void {
    this.#lease = lease;
    if (!this.isMaster) {
      this.#lost();
      return;
    }
    clearTimeout(this.#stepDown);
    this.#stepDown = setTimeout(() => this.#expired(), Math.max(0, lease.monotonic - this.#monotonic()));
    this.#become('master');
  }

  #expired(): void {
    if (this.isMaster || this.#lease === undefined) return;
    this.#options.logger.warn(
      `election ${this.#options.name}: not master any more, the store did not answer in time`,
    );
    this.#lost();
    this.#later(0, () => this.#campaign());
  }

  #lost(): void {
    clearTimeout(this.#stepDown);
    this.#lease = undefined;
    this.#become('slave');
  }

  #become(state: ElectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.logger.info(`election ${this.#options.name}: ${state}`);
    for (const listener of this.#listeners) listener(state);
  }
}
