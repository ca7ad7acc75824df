// SPDX-License-Identifier: Apache-2.0

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SkydiveError } from '../../errors.js';
import type { Millis } from '../../graph/element.js';
import type { KindedElement } from '../history.js';
import { applyChunk } from './chunk.js';
import { type Database, openDatabase } from './database.js';
import { checkpointRange, clockKey, metaKey, pathRange, structureRange } from './key.js';
import { hotKeys, Lifetimes } from './lifetimes.js';
import type { LoadedStore } from './loaded-store.js';
import { PathTable } from './paths.js';
import { revisionAt } from './revision-at.js';
import { type Archived, type LastState, lastStates, revisions } from './revisions.js';
import { Slices } from './slices.js';

const sizes = { cacheSizeBytes: 4 * 1024 * 1024, writeBufferSizeBytes: 2 * 1024 * 1024 };

/** Layout of a window's store; another number is refused. */
const format = 1;

/** When a window was last written, and what it held then in bytes before compression. */
export interface Clock {
  readonly at: Millis;
  readonly checkpointBytes: number;
  readonly logBytes: number;
}

/**
 * One time window: a Level store that holds the elements that were there when it began (the checkpoint) and every
 * revision since, so that it can be read, and dropped, without any other.
 */
export class Window {
  readonly sequence: number;
  readonly folder: string;
  readonly start: Millis;
  readonly #configKey: string;
  #loading: Promise<LoadedStore> | undefined;
  #loaded: LoadedStore | undefined;
  #readers = 0;
  #condemned = false;
  #removed: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(sequence: number, folder: string, start: Millis, configKey: string) {
    this.#configKey = configKey;
    this.sequence = sequence;
    this.folder = folder;
    this.start = start;
  }

  /** Makes the store of a new window. */
  async create(): Promise<void> {
    const database = await openDatabase(this.folder, { ...sizes, configKey: this.#configKey });
    await database.put(metaKey, JSON.stringify({ format, start: this.start }));
    this.#loaded = { database, lifetimes: new Lifetimes(), paths: new PathTable() };
    this.#loading = Promise.resolve(this.#loaded);
  }

  /** Opens the store and reads its lifetimes; shared by whoever asks meanwhile. */
  async load(): Promise<void> {
    this.#loading ??= this.#read();
    try {
      const loaded = await this.#loading;
      if (this.#loaded === undefined) void this.#warm(loaded);
      this.#loaded = loaded;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }

  /** Gets ready what the next queries are likely to need; what they need before they read themselves. */
  async #warm({ lifetimes }: LoadedStore): Promise<void> {
    this.retain();
    try {
      const slices = new Slices();
      await lifetimes.warm(slices);
      for (const column of lifetimes.hot) await column.warm(slices);
    } catch {
      // Whoever asks for it next gets the error.
    } finally {
      this.release();
    }
  }

  get lifetimes(): Lifetimes {
    return this.#open().lifetimes;
  }

  get paths(): PathTable {
    return this.#open().paths;
  }

  get database(): Database {
    return this.#open().database;
  }

  get idle(): boolean {
    return this.#readers === 0;
  }

  /** Keeps the store open, and on disk, until `release`. */
  retain(): void {
    this.#readers++;
  }

  release(): void {
    this.#readers--;
    if (this.#condemned && this.idle) this.#removed = this.#remove();
  }

  /** Removes the window as soon as nobody reads it; resolves at once when somebody still does. */
  async condemn(): Promise<void> {
    this.#condemned = true;
    if (this.idle) this.#removed ??= this.#remove();
    await this.#removed;
  }

  /** Closes the store; it is opened again by `load`. */
  async close(): Promise<void> {
    this.#closed = this.#shut();
    await this.#closed;
    await this.#removed;
  }

  async #shut(): Promise<void> {
    const loading = this.#loading;
    this.#loading = undefined;
    this.#loaded = undefined;
    await this.#closed;
    await (await loading?.catch(() => undefined))?.database.close();
  }

  /** Opens the store anew, after a failed write: Level refuses to go on otherwise. */
  async reopen(): Promise<void> {
    const loaded = this.#open();
    await loaded.database.close();
    await loaded.database.open();
  }

  async clock(): Promise<Clock> {
    const text = await this.database.get(clockKey);
    if (text === undefined) return { at: this.start, checkpointBytes: 0, logBytes: 0 };
    return JSON.parse(text) as Clock;
  }

  /** Bytes on disk. */
  async bytes(): Promise<number> {
    let sum = 0;
    for (const name of await readdir(this.folder).catch(() => [])) {
      sum += (await stat(join(this.folder, name)).catch(() => ({ size: 0 }))).size;
    }
    return sum;
  }

  /** See `revision-at.ts`. */
  revisionAt(ordinal: number, instant: Millis, limit?: number): KindedElement | undefined {
    return revisionAt(this.#open(), ordinal, instant, limit);
  }

  /** Every revision of every lifetime, lifetime by lifetime, in the order in which they were written. */
  revisions(signal?: AbortSignal): AsyncGenerator<readonly Archived[]> {
    return revisions(this.#open(), signal);
  }

  /** The last state of every lifetime: what to go on from. */
  lastStates(): AsyncGenerator<LastState> {
    return lastStates(this.#open());
  }

  async #read(): Promise<LoadedStore> {
    // A store that is being closed still holds its lock.
    await this.#closed;
    const database = await openDatabase(this.folder, {
      ...sizes,
      configKey: this.#configKey,
      createIfMissing: false,
    });
    try {
      const meta = JSON.parse((await database.get(metaKey)) ?? '{}') as { format?: number };
      if (meta.format !== format) {
        throw new SkydiveError(
          'SKY_E_STORE',
          `${this.folder} holds history of format ${meta.format ?? 'unknown'}, this version reads ${format}; move the folder away to begin anew`,
        );
      }
      const paths = new PathTable();
      for await (const path of database.values(pathRange)) paths.intern(JSON.parse(path) as string[]);
      const lifetimes = new Lifetimes();
      const slices = new Slices();
      for (const range of [checkpointRange, structureRange]) {
        const chunks = database.iterator({ ...range, highWaterMarkBytes: 256 * 1024 });
        for await (const [key, text] of chunks) {
          applyChunk(lifetimes, key, text, range === checkpointRange, (name) => database.getSync(name));
          if (slices.over) await slices.pause();
        }
      }
      // Most queries ask for these first, and each would hold the event loop for as long as it takes to read one.
      for (const key of ['Name', 'Type'] as const) await lifetimes.hot[hotKeys.indexOf(key)]!.warm(slices);
      return { database, lifetimes, paths };
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async #remove(): Promise<void> {
    await this.#shut();
    await rm(this.folder, { recursive: true, force: true });
  }

  #open(): LoadedStore {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new SkydiveError('SKY_E_STORE', `the history window ${this.folder} is closed`);
  }
}
