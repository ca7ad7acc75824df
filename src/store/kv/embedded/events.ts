// SPDX-License-Identifier: Apache-2.0

import { EtcdFault } from './fault.js';
import type { EtcdEvent } from './node.js';

/** How many events a watcher may be behind; etcd keeps as many. */
export const keptEvents = 1000;

export interface Noted {
  readonly index: number;
  readonly event: EtcdEvent;
  /** A refreshed time to live: kept for the count, told to nobody. */
  readonly silent: boolean;
}

interface Watcher {
  readonly path: string;
  readonly recursive: boolean;
  readonly tell: (noted: Noted) => void;
}

/** The last events, and who waits for the next ones. */
export class Events {
  readonly #kept: Noted[] = [];
  readonly #watchers = new Set<Watcher>();
  /** Index of the oldest event that a watcher can still ask for. */
  #firstIndex: number;

  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Index of the event that has to be forgotten now that this one is kept; undefined when there is room. */
  add(noted: Noted): number | undefined {
    if (this.#kept.length === 0) this.#firstIndex = noted.index;
    this.#kept.push(noted);
    const dropped = this.#kept.length > keptEvents ? this.#kept.shift() : undefined;
    if (dropped !== undefined) this.#firstIndex = dropped.index + 1;
    return dropped?.index;
  }

  /** Tells the watchers of an event that was added. */
  tell(noted: Noted): void {
    if (noted.silent) return;
    for (const watcher of [...this.#watchers]) {
      if (this.#watchers.has(watcher) && matches(watcher, noted.event)) watcher.tell(noted);
    }
  }

  /**
   * Tells of events with this index or a later one: those that are kept at once, then each new one, until `stop`.
   * Throws EtcdFault 401 when some of them are forgotten.
   */
  watch(
    path: string,
    recursive: boolean,
    fromIndex: number,
    currentIndex: number,
    tell: (noted: Noted) => void,
  ): { stop(): void } {
    if (fromIndex < this.#firstIndex && fromIndex <= currentIndex) {
      const about = `the requested history has been cleared [${this.#firstIndex}/${fromIndex}]`;
      throw new EtcdFault(401, about, currentIndex);
    }
    const watcher: Watcher = { path, recursive, tell };
    this.#watchers.add(watcher);
    for (const noted of this.#kept.slice()) {
      if (!this.#watchers.has(watcher)) break;
      if (noted.index >= fromIndex && !noted.silent && matches(watcher, noted.event)) tell(noted);
    }
    return { stop: () => this.#watchers.delete(watcher) };
  }
}

function matches({ path, recursive }: Watcher, { action, node }: EtcdEvent): boolean {
  const key = node.key ?? '/';
  if (key === path) return true;
  const below = path === '/' ? '/' : `${path}/`;
  if (recursive && key.startsWith(below)) return !/\/_/.test(key.slice(below.length - 1));
  // A folder that goes takes what it holds with it.
  return node.dir === true && (action === 'delete' || action === 'expire') && path.startsWith(`${key}/`);
}
