// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../../errors.js';
import type { Logger } from '../../../log/logger.js';
import type { Events, Noted } from './events.js';
import { Journal, notedOf } from './journal.js';
import type { Depth, EtcdEvent, EtcdNode, Millis } from './node.js';
import { cleanPath, type KeyTree, type Outcome, type Write } from './tree.js';

export interface SpaceOptions {
  readonly folder: string;
  readonly logger: Logger;
  readonly now?: () => Millis;
}

/** How many writes may wait for the disk. */
const maxWaiting = 10_000;
/** Timers of more days than this overflow; an earlier wake-up only looks again. */
const maxSleepMs = 3_600_000;

/**
 * An etcd v2 key space of this process: what is answered is on disk, what watchers are told is on disk, and keys go
 * when their time has come.
 */
export class KeySpace {
  readonly #journal: Journal;
  readonly #logger: Logger;
  readonly #now: () => Millis;
  #tree: KeyTree;
  #events: Events;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #reloading: Promise<void> | undefined;
  #closed = false;

  private constructor(
    journal: Journal,
    loaded: { tree: KeyTree; events: Events },
    logger: Logger,
    now: () => Millis,
  ) {
    this.#journal = journal;
    this.#tree = loaded.tree;
    this.#events = loaded.events;
    this.#logger = logger;
    this.#now = now;
    this.#schedule();
  }

  static async open({ folder, logger, now = Date.now }: SpaceOptions): Promise<KeySpace> {
    const journal = await Journal.open(folder);
    try {
      return new KeySpace(journal, await journal.load(), logger, now);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  get index(): number {
    return this.#tree.index;
  }

  /** Throws EtcdFault 100 and 104 when there is no such key. */
  async read(path: string, depth: Depth): Promise<{ node: EtcdNode; index: number }> {
    await this.#ready();
    try {
      return { node: this.#tree.get(path, this.#now(), depth), index: this.#tree.index };
    } finally {
      // What was read may not be on disk yet; nobody may see what a crash could take back.
      await this.#journal.settled();
    }
  }

  /** Resolves when the write is on disk. Throws EtcdFault when it does not apply. */
  async write(write: Write): Promise<{ event: EtcdEvent; index: number }> {
    await this.#ready();
    if (this.#waiting >= maxWaiting) {
      throw new SkydiveError('SKY_E_STORE', `${maxWaiting} writes wait for the key-value store: try again`);
    }
    let outcome: Outcome;
    try {
      outcome = this.#tree.write(write, this.#now());
    } catch (error) {
      await this.#journal.settled();
      throw error;
    }
    this.#schedule();
    await this.#keep(outcome);
    return { event: outcome.event, index: outcome.index };
  }

  /** Tells of the events with this index or a later one. Throws EtcdFault 401 when some are forgotten. */
  watch(path: string, recursive: boolean, fromIndex: number, tell: (noted: Noted) => void): { stop(): void } {
    return this.#events.watch(cleanPath(path), recursive, fromIndex, this.#tree.index, tell);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#journal.close();
  }

  async #ready(): Promise<void> {
    if (this.#reloading !== undefined) await this.#reloading;
    if (this.#closed) throw new SkydiveError('SKY_E_STORE', 'the key-value store is closed');
    this.#expire();
  }

  async #keep(outcome: Outcome): Promise<void> {
    this.#waiting += 1;
    const events = this.#events;
    try {
      await this.#journal.append(outcome);
    } catch (error) {
      this.#reload();
      throw error;
    } finally {
      this.#waiting -= 1;
    }
    const noted = notedOf(outcome);
    events.add(noted);
    events.tell(noted);
  }

  /** What the disk refused must not stay in memory. Watchers stay: what they were told is on disk. */
  #reload(): void {
    this.#reloading ??= (async () => {
      // Writes that were taken meanwhile are refused too.
      await this.#journal.settled();
      const { tree } = await this.#journal.load();
      this.#tree = tree;
    })()
      .catch((error: unknown) => this.#logger.error(`key-value store: ${messageOf(error)}`))
      .finally(() => {
        this.#reloading = undefined;
      });
  }

  #expire(): void {
    const now = this.#now();
    for (let due = this.#tree.expireOne(now); due !== undefined; due = this.#tree.expireOne(now)) {
      this.#keep(due).catch((error: unknown) => this.#logger.error(messageOf(error)));
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = this.#tree.nextExpiry;
    if (next === undefined || this.#closed) return;
    const sleepMs = Math.min(Math.max(next - this.#now(), 1), maxSleepMs);
    this.#timer = setTimeout(() => this.#expire(), sleepMs);
    this.#timer.unref();
  }
}
