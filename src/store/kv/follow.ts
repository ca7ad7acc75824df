// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { KvEntry, KvEvent, KvStore, KvWatch } from './store.js';

export interface FollowHandler {
  put(entry: KvEntry): void;
  gone(key: string): void;
}

const retryMs = 1000;

/**
 * Keeps somebody informed of all keys below a folder (or of one key): first those that are there, then each change.
 * Where changes were lost, or the store was away, it lists again and tells the difference.
 */
export class Follower {
  readonly #kv: KvStore;
  readonly #folder: string;
  readonly #handler: FollowHandler;
  readonly #logger: Logger;
  /** Key → index of its last change. */
  readonly #known = new Map<string, number>();
  #watch: KvWatch | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(kv: KvStore, folder: string, handler: FollowHandler, logger: Logger) {
    this.#kv = kv;
    this.#folder = folder;
    this.#handler = handler;
    this.#logger = logger;
  }

  /** Resolves after the first list; when the store cannot be asked, after the first attempt. */
  async start(): Promise<void> {
    await this.#list();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#watch?.stop();
  }

  async #list(): Promise<void> {
    try {
      const { entries, index } = await this.#kv.list(this.#folder);
      const own = entries.length === 0 ? await this.#kv.get(this.#folder) : undefined;
      if (this.#stopped) return;
      this.#compare(own === undefined ? entries : [own]);
      this.#watch = this.#kv.watch(this.#folder, index, {
        event: (event) => this.#changed(event),
        lost: (error) => this.#again(error),
      });
    } catch (error) {
      this.#again(error);
    }
  }

  #again(error: unknown): void {
    if (this.#stopped) return;
    this.#logger.warn(`keys below ${this.#folder}: ${messageOf(error)}, reading them again`);
    this.#watch?.stop();
    this.#retry = setTimeout(() => void this.#list(), retryMs);
  }

  #compare(entries: readonly KvEntry[]): void {
    const present = new Set(entries.map((entry) => entry.key));
    for (const key of [...this.#known.keys()]) if (!present.has(key)) this.#gone(key);
    for (const entry of entries) this.#put(entry);
  }

  #changed(event: KvEvent): void {
    if (event.kind === 'put') {
      this.#put(event.entry);
      return;
    }
    for (const key of [...this.#known.keys()]) {
      if (key === event.key || key.startsWith(`${event.key}/`)) this.#gone(key);
    }
  }

  #put(entry: KvEntry): void {
    if ((this.#known.get(entry.key) ?? -1) >= entry.modifiedIndex) return;
    this.#known.set(entry.key, entry.modifiedIndex);
    this.#handler.put(entry);
  }

  #gone(key: string): void {
    this.#known.delete(key);
    this.#handler.gone(key);
  }
}
