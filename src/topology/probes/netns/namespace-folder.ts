// SPDX-License-Identifier: Apache-2.0

import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface NamespaceFolderOptions {
  readonly path: string;
  /** File names that are no namespace of ours. */
  readonly exclude?: readonly string[];
  /** The path is there, as far as the folder knows: look at it. */
  readonly onAppear: (path: string) => void;
  readonly onVanish: (path: string) => void;
  /** Time between looks at a folder that is not there yet. */
  readonly waitMs?: number;
}

const defaultWaitMs = 1000;

/** Tells of files that come and go in a folder, which itself may come and go. */
export class NamespaceFolder {
  readonly #options: NamespaceFolderOptions;
  readonly #present = new Set<string>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: NamespaceFolderOptions) {
    this.#options = options;
  }

  /** Resolves when what was there has been told. */
  async start(): Promise<void> {
    await this.#open();
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
  }

  async #open(): Promise<void> {
    const { path } = this.#options;
    try {
      // Before the folder is read, so that nothing falls between.
      this.#watcher = watch(path, () => void this.look());
      this.#watcher.on('error', () => this.#wait());
    } catch {
      // The folder is made with the first namespace.
      this.#wait();
      return;
    }
    await this.look();
  }

  #wait(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#open(), this.#options.waitMs ?? defaultWaitMs);
    this.#timer.unref();
  }

  /** Compares the folder with what was told. */
  async look(): Promise<void> {
    const { path, exclude = [], onAppear, onVanish } = this.#options;
    let names: string[];
    try {
      names = await readdir(path);
    } catch {
      // The folder went: so did all that was in it.
      names = [];
      if (this.#watcher !== undefined) this.#wait();
    }
    if (this.#stopped) return;
    const now = new Set(names.filter((name) => !exclude.includes(name)).map((name) => join(path, name)));
    for (const known of [...this.#present]) {
      if (now.has(known)) continue;
      this.#present.delete(known);
      onVanish(known);
    }
    for (const found of now) {
      this.#present.add(found);
      // Also those known: a name may have been given to another namespace meanwhile.
      onAppear(found);
    }
  }
}
