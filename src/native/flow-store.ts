// SPDX-License-Identifier: Apache-2.0

export interface NativeFlowStoreOptions {
  /** Exists; one process has it alone. */
  readonly folder: string;
  /** A window is closed with so many flows, 65536 unless given… */
  readonly windowFlows?: number;
  /** …or when it is so old; an hour unless given. */
  readonly windowMs?: number;
  /** What is kept; 0 and absent keep it all. */
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

export interface NativeFlowStoreStatus {
  /** Updates stored since the start, and those that could not be written. */
  readonly updates: number;
  readonly lost: number;
  readonly errors: number;
  /** Of the last failed write, while it lasts. */
  readonly lastError?: string;
  readonly flows: number;
  readonly windows: number;
  /** On disk. */
  readonly bytes: number;
  /** Windows removed by age or size, and set aside as damaged. */
  readonly expired: number;
  readonly damaged: number;
  /** What crashes had left behind the last whole block of a log. */
  readonly cutBytes: number;
  /** When the first update of the oldest window came; 0 without any. */
  readonly oldestMs: number;
}

declare const handle: unique symbol;
declare const token: unique symbol;
/** Something found, which `read` gives the content of. */
export interface NativeFlowAnswer {
  readonly count: number;
  readonly handle: { readonly [handle]: true };
}
export interface NativeCancelToken {
  readonly [token]: true;
}

/** A text field of flows. */
export interface NativeFlowColumn {
  /** JSON arrays of about 32 KiB, one after the other: the different texts. */
  readonly texts: readonly Buffer[];
  /** For each flow which of them it has; 2³² − 1 for one that lacks the field. */
  readonly places: Uint32Array;
}

/** Flows of the past in files of a folder. Times in ms since 1970, both ends included. */
export interface NativeFlowStoreInstance {
  /** Reads what is there. Rejects with what is wrong with the folder. Nothing else may be called before. */
  open(): Promise<void>;
  /** Flows, by a serialized `filters.SearchQuery`; one more than `most` when there are more. */
  search(
    query: Uint8Array,
    fromMs: number,
    toMs: number,
    most: number,
    token: NativeCancelToken,
  ): Promise<NativeFlowAnswer>;
  /** Metric records or packets of the flows that pass the query's filter. */
  items(
    what: 'metrics' | 'packets',
    query: Uint8Array,
    fromMs: number,
    toMs: number,
    most: number,
    token: NativeCancelToken,
  ): Promise<NativeFlowAnswer>;
  /** How many flows `search` would give, without bound. */
  count(query: Uint8Array, fromMs: number, toMs: number, token: NativeCancelToken): Promise<number>;
  /** The sum of an integer field of the flows that `search` would give; the UUID of one that lacks it, if one does. */
  sum(
    field: string,
    query: Uint8Array,
    fromMs: number,
    toMs: number,
    token: NativeCancelToken,
  ): Promise<number | string>;
  /** Text fields of the flows that `search` would give, in their order. */
  columns(
    fields: readonly string[],
    query: Uint8Array,
    fromMs: number,
    toMs: number,
    most: number,
    token: NativeCancelToken,
  ): Promise<readonly NativeFlowColumn[]>;
  /** JSON arrays of about 32 KiB: flows, or pairs of a flow's UUID and an array of what belongs to it. */
  read(
    answer: NativeFlowAnswer['handle'],
    from: number,
  ): Promise<{ readonly next: number; readonly texts: readonly Buffer[] }>;
  /** What `cancel` ends searches by: they give less then. */
  token(): NativeCancelToken;
  cancel(token: NativeCancelToken): void;
  /** What was stored would survive a power failure; rejects when it cannot be written now. */
  flush(): Promise<void>;
  /** Removes what is too old or too much; it is done by itself, too. */
  retain(): Promise<void>;
  status(): NativeFlowStoreStatus;
  /** What went wrong since the last call. */
  complaints(): string[];
  close(): Promise<void>;
}

export type NativeFlowStore = new (options: NativeFlowStoreOptions) => NativeFlowStoreInstance;
