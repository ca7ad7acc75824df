// SPDX-License-Identifier: Apache-2.0

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '../../graph/element.js';
import { type Database, openDatabase } from './database.js';
import { Window } from './window.js';

/** What the manifest knows of a window. */
export interface WindowEntry {
  readonly sequence: number;
  readonly start: Millis;
  /** Absent on the last one. */
  readonly end?: Millis;
  /** Earliest time that its changes speak of: an element may be told later than it began. */
  readonly earliest?: Millis;
}

const folderOf = (sequence: number): string => `w${String(sequence).padStart(8, '0')}`;
const windowFolder = /^w\d{8}$/;

/**
 * The list of windows, a small Level store in the same folder. Whoever has it open owns the folder: its lock keeps
 * every other process out. A window counts from the moment it is listed, so a crash leaves no half of one.
 */
export class Manifest {
  readonly folder: string;
  readonly #configKey: string;
  readonly #database: Database;

  private constructor(folder: string, configKey: string, database: Database) {
    this.#configKey = configKey;
    this.folder = folder;
    this.#database = database;
  }

  static async open(folder: string, configKey: string): Promise<Manifest> {
    const options = { configKey, cacheSizeBytes: 64 * 1024, writeBufferSizeBytes: 64 * 1024 };
    return new Manifest(folder, configKey, await openDatabase(join(folder, 'manifest'), options));
  }

  /** The window of an entry, listed or not. */
  window({ sequence, start }: WindowEntry): Window {
    return new Window(sequence, join(this.folder, folderOf(sequence)), start, this.#configKey);
  }

  /** Windows, oldest first. */
  async list(): Promise<WindowEntry[]> {
    const entries: WindowEntry[] = [];
    for await (const value of this.#database.values({ gte: 'w', lt: 'x' })) {
      entries.push(JSON.parse(value) as WindowEntry);
    }
    return entries;
  }

  /** Adds or changes entries, and takes others out, in one step. */
  async write(entries: readonly WindowEntry[], removed: readonly number[] = []): Promise<void> {
    await this.#database.batch(
      [
        ...entries.map(
          (entry) => ({ type: 'put', key: folderOf(entry.sequence), value: JSON.stringify(entry) }) as const,
        ),
        ...removed.map((sequence) => ({ type: 'del', key: folderOf(sequence) }) as const),
      ],
      { sync: true },
    );
  }

  /** Removes folders of windows that are not listed: what a crash left of a begun or dropped one. */
  async sweep(entries: readonly WindowEntry[]): Promise<void> {
    const listed = new Set(entries.map(({ sequence }) => folderOf(sequence)));
    for (const name of await readdir(this.folder)) {
      if (!windowFolder.test(name) || listed.has(name)) continue;
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
