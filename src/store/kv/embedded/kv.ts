// SPDX-License-Identifier: Apache-2.0

import type { KvEntry, KvEvent, KvListener, KvListing, KvStore, KvWatch, KvWriteOptions } from '../store.js';
import { EtcdFault, type FaultCode } from './fault.js';
import type { EtcdEvent, EtcdNode } from './node.js';
import type { KeySpace } from './space.js';
import type { Write } from './tree.js';

const whole = { list: true, recursive: true, sorted: true };

/** The key-value store of this process: the contract over its own etcd v2 key space. */
export function embeddedKv(space: KeySpace): KvStore {
  return new EmbeddedKv(space);
}

class EmbeddedKv implements KvStore {
  readonly #space: KeySpace;

  constructor(space: KeySpace) {
    this.#space = space;
  }

  async get(key: string): Promise<KvEntry | undefined> {
    const found = await absentOn([100, 104], this.#space.read(key, { ...whole, list: false }));
    return found === undefined || found.node.dir === true ? undefined : entryOf(found.node);
  }

  async list(folder: string): Promise<KvListing> {
    try {
      const { node, index } = await this.#space.read(folder, whole);
      return { index, entries: entriesBelow(node) };
    } catch (error) {
      if (error instanceof EtcdFault && error.code === 100) return { index: error.index, entries: [] };
      throw error;
    }
  }

  set(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry> {
    return this.#write({ kind: 'put', path: key, value, ...options });
  }

  create(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    return absentOn([105], this.#write({ kind: 'put', path: key, value, prevExist: false, ...options }));
  }

  update(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    return absentOn([100], this.#write({ kind: 'put', path: key, value, prevExist: true, ...options }));
  }

  async compareAndSet(
    key: string,
    expected: string,
    value: string,
    options?: KvWriteOptions,
  ): Promise<KvEntry | undefined> {
    const before = await this.#matching(key, expected);
    if (before === undefined) return undefined;
    const write: Write = { kind: 'put', path: key, value, prevIndex: before.modifiedIndex, ...options };
    return absentOn([100, 101], this.#write(write));
  }

  async delete(key: string): Promise<boolean> {
    return (await absentOn([100], this.#space.write({ kind: 'delete', path: key }))) !== undefined;
  }

  async compareAndDelete(key: string, expected: string): Promise<boolean> {
    const before = await this.#matching(key, expected);
    if (before === undefined) return false;
    const write: Write = { kind: 'delete', path: key, prevIndex: before.modifiedIndex };
    return (await absentOn([100, 101], this.#space.write(write))) !== undefined;
  }

  watch(key: string, afterIndex: number, listener: KvListener): KvWatch {
    let stopped = false;
    let watch: KvWatch | undefined;
    // Kept events come at once: not before the caller has the watch in hand.
    queueMicrotask(() => {
      if (stopped) return;
      try {
        watch = this.#space.watch(key, true, afterIndex + 1, ({ event, index }) => {
          for (const each of kvEvents(event, index)) if (!stopped) listener.event(each);
        });
        if (stopped) watch.stop();
      } catch (error) {
        listener.lost(error);
      }
    });
    return {
      stop() {
        stopped = true;
        watch?.stop();
      },
    };
  }

  close(): Promise<void> {
    return this.#space.close();
  }

  /** The entry, if it has the value. The API itself cannot compare with an empty value; indexes it can. */
  async #matching(key: string, expected: string): Promise<KvEntry | undefined> {
    const entry = await this.get(key);
    return entry?.value === expected ? entry : undefined;
  }

  async #write(write: Write): Promise<KvEntry> {
    return entryOf((await this.#space.write(write)).event.node);
  }
}

/** Undefined where the API answers with one of these faults. */
async function absentOn<T>(codes: readonly FaultCode[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EtcdFault && codes.includes(error.code)) return undefined;
    throw error;
  }
}

export function entryOf(node: EtcdNode): KvEntry {
  return {
    key: node.key ?? '/',
    value: node.value ?? '',
    createdIndex: node.createdIndex ?? 0,
    modifiedIndex: node.modifiedIndex ?? 0,
    ...(node.ttl !== undefined && { ttlS: node.ttl }),
  };
}

/** The files of a listed folder and of its folders, in order of their keys. */
export function entriesBelow(node: EtcdNode): KvEntry[] {
  const entries: KvEntry[] = [];
  const visit = (each: EtcdNode): void => {
    if (each.dir !== true) entries.push(entryOf(each));
    for (const child of each.nodes ?? []) visit(child);
  };
  for (const child of node.nodes ?? []) visit(child);
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What an event of the API is in the contract's words; one on an empty folder is nothing. */
export function* kvEvents({ action, node }: EtcdEvent, index: number): Generator<KvEvent> {
  const key = node.key ?? '/';
  if (action === 'delete' || action === 'compareAndDelete' || action === 'expire') {
    yield { kind: 'delete', index, key };
  } else if (node.dir !== true) {
    yield { kind: 'put', index, key, entry: entryOf(node) };
  }
}
