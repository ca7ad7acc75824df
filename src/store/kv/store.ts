// SPDX-License-Identifier: Apache-2.0

/** One key and its value, at one index of the store. */
export interface KvEntry {
  /** Absolute, `/` between its parts, as etcd's v2 API spells it. */
  readonly key: string;
  readonly value: string;
  /** Index of the write that made the key, and of the last one that changed it. */
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  /** Seconds until the key goes by itself; absent for a key that stays. */
  readonly ttlS?: number;
}

export interface KvListing {
  /** Everything up to this index is in the list; watch after it. */
  readonly index: number;
  /** In order of their keys. */
  readonly entries: readonly KvEntry[];
}

/** A change. `delete` is also what an expired key gives; it takes everything below the key with it. */
export type KvEvent =
  | { readonly kind: 'put'; readonly index: number; readonly key: string; readonly entry: KvEntry }
  | { readonly kind: 'delete'; readonly index: number; readonly key: string };

export interface KvListener {
  event(event: KvEvent): void;
  /**
   * The watch is over: changes were lost (the store forgot them, or is gone). Whoever needs to go on lists again and
   * watches from there.
   */
  lost(error: unknown): void;
}

export interface KvWatch {
  /** No call of the listener follows. */
  stop(): void;
}

export interface KvWriteOptions {
  /** Seconds after which the key goes by itself, 1 or more. Absent: it stays. */
  readonly ttlS?: number;
}

/**
 * The state that analyzers share: resources, policy, elections. Embedded or on etcd, one contract
 * (`store.contract.ts`). A write that was acknowledged is durable. Everything rejects with SKY_E_STORE when the store
 * cannot be asked; the outcome of a write is then unknown.
 */
export interface KvStore {
  get(key: string): Promise<KvEntry | undefined>;
  /** All keys below a folder; `/` for all. Empty when there is none. */
  list(folder: string): Promise<KvListing>;
  set(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry>;
  /** Undefined when the key is there already. */
  create(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined>;
  /** Undefined when the key is not there. */
  update(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined>;
  /** Undefined when the key has another value, or none. */
  compareAndSet(
    key: string,
    expected: string,
    value: string,
    options?: KvWriteOptions,
  ): Promise<KvEntry | undefined>;
  /** False when it was not there. */
  delete(key: string): Promise<boolean>;
  /** False when the key has another value, or none. */
  compareAndDelete(key: string, expected: string): Promise<boolean>;
  /** Changes of a key and of everything below it, each once and in order, that came after an index. */
  watch(key: string, afterIndex: number, listener: KvListener): KvWatch;
  close(): Promise<void>;
}
