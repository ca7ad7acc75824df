// SPDX-License-Identifier: Apache-2.0

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SkydiveError } from '../../errors.js';
import type { Edge, MetadataMap, Millis, Node } from '../../graph/element.js';
import { shareEdgeMetadata, shareText } from '../../graph/share.js';
import type { KindedElement } from '../history.js';
import { applyChunk } from './chunk.js';
import { type Database, openDatabase } from './database.js';
import { applyDelta, copyMaps } from './delta.js';
import {
  checkpointRange,
  clockKey,
  lifetimePrefix,
  metaKey,
  ordinalOf,
  pathRange,
  prefixLength,
  rowKey,
  rows,
  structureRange,
} from './key.js';
import { hotKeys, Lifetimes } from './lifetimes.js';
import { PathTable } from './paths.js';
import { elementOf, type FullRow, isEnd, isFull, type Row, timeOf } from './row.js';
import { Slices } from './slices.js';

/** A full row at least this often, so that reading a revision means few rows. */
export const keyframeEvery = 32;

const sizes = { cacheSizeBytes: 4 * 1024 * 1024, writeBufferSizeBytes: 2 * 1024 * 1024 };

/** Layout of a window's store; another number is refused. */
const format = 1;

interface Loaded {
  readonly database: Database;
  readonly lifetimes: Lifetimes;
  readonly paths: PathTable;
}

/** A revision with the time at which the next one, or the deletion, took its place. */
export interface Archived {
  readonly revision: KindedElement;
  readonly archivedAt: Millis;
}

/** When a window was last written, and what it held then in bytes before compression. */
export interface Clock {
  readonly at: Millis;
  readonly checkpointBytes: number;
  readonly logBytes: number;
}

/** What a lifetime came to, and how many rows it takes. */
export interface LastState {
  readonly ordinal: number;
  readonly rows: number;
  /** Closed where DeletedAt is set. */
  readonly element: Node | Edge;
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
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
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
  async #warm({ lifetimes }: Loaded): Promise<void> {
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

  /**
   * The revision that a lifetime had at an instant within it; undefined when none of its rows is that old. At most
   * `limit` rows are looked at.
   */
  revisionAt(ordinal: number, instant: Millis, limit = Number.MAX_SAFE_INTEGER): KindedElement | undefined {
    const { lifetimes, paths } = this.#open();
    const prefix = lifetimePrefix(ordinal);
    const row = (step: number): Row | undefined =>
      step < limit ? this.#row(rowKey(prefix, step)) : undefined;
    let step = lifetimes.jumps || limit <= keyframeEvery ? 0 : this.#keyframeBefore(row, instant);
    let full: FullRow | undefined;
    let metadata: MetadataMap = {};
    let updatedAt = 0;
    let revision = 0;
    let deletedAt: Millis | null = null;
    // Where times run backwards the last row that is old enough counts, and what came before it is its history.
    let found: KindedElement | undefined;
    for (let current = row(step); current !== undefined; current = row(++step)) {
      const late = timeOf(current) > instant;
      if (late && !lifetimes.jumps) break;
      if (isFull(current)) {
        full = current;
        metadata = current[6];
        updatedAt = current[4];
        revision = current[5];
      } else if (isEnd(current)) {
        deletedAt = late ? null : current[0];
      } else {
        if (lifetimes.jumps) metadata = copyMaps(metadata);
        applyDelta(metadata, current[2], current[3] ?? [], paths.paths);
        updatedAt = current[0];
        revision = current[1];
      }
      if (lifetimes.jumps && full !== undefined && !late) {
        found = elementOf(full, metadata, updatedAt, revision, deletedAt);
      }
    }
    if (lifetimes.jumps || full === undefined) return found;
    return elementOf(full, metadata, updatedAt, revision, deletedAt);
  }

  /** The last keyframe that is not younger than the instant, by doubling and halving. */
  #keyframeBefore(row: (step: number) => Row | undefined, instant: Millis): number {
    const old = (keyframe: number): boolean => {
      const found = row(keyframe * keyframeEvery);
      return found !== undefined && timeOf(found) <= instant;
    };
    if (!old(1)) return 0;
    let low = 1;
    let high = 2;
    while (old(high)) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (old(middle)) low = middle;
      else high = middle;
    }
    return low * keyframeEvery;
  }

  #row(key: string): Row | undefined {
    const text = this.#open().database.getSync(key);
    return text === undefined ? undefined : (JSON.parse(text) as Row);
  }

  /** Every revision of every lifetime, lifetime by lifetime, in the order in which they were written. */
  async *revisions(signal?: AbortSignal): AsyncGenerator<readonly Archived[]> {
    for await (const { texts } of this.#chains(signal)) {
      yield this.#archive(texts.map((text) => JSON.parse(text) as Row));
    }
  }

  /** The last state of every lifetime: what to go on from. */
  async *lastStates(): AsyncGenerator<LastState> {
    const { paths } = this.#open();
    for await (const { ordinal, texts } of this.#chains()) {
      // Full rows alone begin with a string.
      const keyframe = texts.findLastIndex((text) => text.startsWith('["'));
      if (keyframe < 0) continue;
      const full = JSON.parse(texts[keyframe]!) as FullRow;
      let [, , , , updatedAt, revision] = full;
      let deletedAt: Millis | null = null;
      for (let step = keyframe + 1; step < texts.length; step++) {
        const row = JSON.parse(texts[step]!) as Row;
        if (isEnd(row)) {
          deletedAt = row[0];
        } else if (!isFull(row)) {
          applyDelta(full[6], row[2], row[3] ?? [], paths.paths);
          updatedAt = row[0];
          revision = row[1];
        }
      }
      const told = elementOf(full, full[6], updatedAt, revision, deletedAt);
      yield { ordinal, rows: texts.length, element: this.#shared(ordinal, told) };
    }
  }

  /** The element with texts that others hold already: parsing makes each anew. */
  #shared(ordinal: number, { kind, element }: KindedElement): Node | Edge {
    const { ids, parents, children } = this.lifetimes;
    const shared = {
      ...element,
      ID: ids[ordinal] ?? element.ID,
      Host: shareText(element.Host),
      Origin: shareText(element.Origin),
    };
    if (kind === 'node') return shared;
    return {
      ...shared,
      Metadata: shareEdgeMetadata(element.Metadata),
      Parent: ids[parents[ordinal]!] ?? element.Parent,
      Child: ids[children[ordinal]!] ?? element.Child,
    };
  }

  /** The rows of each lifetime, as they are stored. */
  async *#chains(signal?: AbortSignal): AsyncGenerator<{ ordinal: number; texts: string[] }> {
    const slices = new Slices(signal);
    const iterator = this.database.iterator({ ...rows, highWaterMarkBytes: 256 * 1024 });
    let prefix = '';
    let texts: string[] = [];
    try {
      for (;;) {
        const entries = await iterator.nextv(1000);
        if (entries.length === 0) break;
        for (const [key, text] of entries) {
          if (!key.startsWith(prefix) || prefix === '') {
            if (prefix !== '') {
              yield { ordinal: ordinalOf(prefix), texts };
              if (slices.over) await slices.pause();
            }
            prefix = key.slice(0, prefixLength);
            texts = [];
          }
          texts.push(text);
        }
      }
      if (prefix !== '') yield { ordinal: ordinalOf(prefix), texts };
    } finally {
      await iterator.close();
    }
  }

  /** A lifetime's rows as revisions. */
  #archive(chain: readonly Row[]): Archived[] {
    const { paths } = this.#open();
    const history: Archived[] = [];
    let full: FullRow | undefined;
    let metadata: MetadataMap = {};
    let last: KindedElement | undefined;
    const push = (next: KindedElement): void => {
      if (last !== undefined) history.push({ revision: last, archivedAt: next.element.UpdatedAt });
      last = next;
    };
    for (const row of chain) {
      if (isFull(row)) {
        full = row;
        metadata = row[6];
        push(elementOf(row, metadata, row[4], row[5], null));
      } else if (full === undefined) {
      } else if (isEnd(row)) {
        if (last === undefined) continue;
        const { kind, element } = last;
        const closed = { kind, element: { ...element, DeletedAt: row[0] } } as KindedElement;
        history.push({ revision: closed, archivedAt: row[0] });
        return history;
      } else {
        metadata = copyMaps(metadata);
        applyDelta(metadata, row[2], row[3] ?? [], paths.paths);
        push(elementOf(full, metadata, row[0], row[1], null));
      }
    }
    if (last !== undefined) history.push({ revision: last, archivedAt: Number.POSITIVE_INFINITY });
    return history;
  }

  async #read(): Promise<Loaded> {
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

  #open(): Loaded {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new SkydiveError('SKY_E_STORE', `the history window ${this.folder} is closed`);
  }
}
