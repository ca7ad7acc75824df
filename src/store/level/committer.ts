// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Millis } from '../../graph/element.js';
import type { Logger } from '../../log/logger.js';
import { encodeMs } from './roll.js';
import { Slices } from './slices.js';
import { type Batch, batchRows, type WindowWriter } from './writer.js';

const syncEveryMs = 1000;
const retryAfterMs = 1000;

export interface CommitterOptions {
  readonly folder: string;
  readonly logger: Logger;
  readonly now: () => Millis;
  /** Calls back once, after a delay; returns what cancels it. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly lastWrite: Millis;
  /** Told of each refusal of the disk, before it is tried again. */
  readonly refused: () => void;
}

/**
 * Writes batches, again and again where the disk refuses them: rows build on each other, none may be left out. One
 * batch at a time.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #stopping = false;
  #cancelRetry: (() => void) | undefined;
  #lastSync = 0;
  errors = 0;
  /** Of a disk that still refuses. */
  lastError: string | undefined;
  lastWrite: Millis;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.lastWrite = options.lastWrite;
  }

  /** Between two attempts. */
  get waiting(): boolean {
    return this.#cancelRetry !== undefined;
  }

  /** Gives up what is refused. */
  stop(): void {
    this.#stopping = true;
    this.#cancelRetry?.();
  }

  async commit(writer: WindowWriter, batch: Batch): Promise<void> {
    if (batch.puts.length === 0) return;
    const { now, logger, folder, refused } = this.#options;
    const { window } = writer;
    while (!this.#stopping) {
      try {
        const sync = now() - this.#lastSync >= syncEveryMs || now() < this.#lastSync;
        await window.database.batch([...batch.puts], { sync });
        if (sync) this.#lastSync = now();
        break;
      } catch (error) {
        this.failed(error);
        refused();
        await this.#pause(retryAfterMs);
        if (this.#stopping) return;
        await window.reopen().catch((again: unknown) => this.failed(again));
      }
    }
    if (this.lastError !== undefined) {
      logger.info(`the history in ${folder} is being written again`);
      this.lastError = undefined;
    }
    this.lastWrite = now();
    for (const happening of batch.happenings) window.lifetimes.apply(happening);
  }

  /** Writes what the writer holds back, too. */
  async settle(writer: WindowWriter): Promise<void> {
    const slices = new Slices(undefined, encodeMs);
    for (let settled = false; !settled; ) {
      settled = writer.settle(batchRows);
      await this.commit(writer, writer.take(this.#options.now()));
      await slices.pause();
    }
  }

  /** Counts and tells a failure. */
  failed(error: unknown): void {
    this.errors++;
    const text = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    if (this.lastError === undefined) {
      this.#options.logger.error(
        `cannot write the history in ${this.#options.folder}: ${text}; it is tried again every ${retryAfterMs / 1000} s, free space or set storage.level.max_size`,
      );
    }
    this.lastError = text;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.schedule(() => {
        this.#cancelRetry = undefined;
        resolve();
      }, delayMs);
      this.#cancelRetry = () => {
        cancel();
        this.#cancelRetry = undefined;
        resolve();
      };
    });
  }
}
