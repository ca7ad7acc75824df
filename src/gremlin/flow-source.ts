// SPDX-License-Identifier: Apache-2.0

import type { Flow, FlowMetric, RawPacket } from '../flow/flow.js';
import type { Millis } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';

export type { Flow, FlowLayer, FlowMetric, RawPacket } from '../flow/flow.js';

/** Which flows a query wants. */
export interface FlowQuery {
  /** Keys are those of `flows/fields.ts`. Absent: all flows. */
  readonly filter?: Filter;
  /** Only flows captured on nodes with these TIDs, by the host of the node. Absent: on any node. */
  readonly nodes?: ReadonlyMap<string, readonly string[]>;
  /** Only these flows. */
  readonly uuids?: readonly string[];
  /** By an integer field, else a string field; a missing one counts as 0 or "". Ties of a descending sort are reversed. */
  readonly sort?: { readonly by: string; readonly descending: boolean };
  /** The first of those with the same value stays; flows without the field all stay. */
  readonly dedupBy?: string;
  /** After sorting and dedup, no table has to give more than so many. */
  readonly most?: number;
}

/** Both ends included. */
export interface FlowWindow {
  readonly from: Millis;
  readonly to: Millis;
}

/** A text field of flows without the flows: there may be millions of them. */
export interface FlowColumn {
  /** The different texts. */
  readonly texts: readonly string[];
  /** For each flow which of the texts it has, `lacking` for one that has not got the field. */
  readonly places: Uint32Array;
}

export const lacking = 0xffffffff;

/** Flows of the past. What is optional answers without decoding flows, however many there are. */
export interface FlowStorage {
  /** Flows with Start ≤ `to` and Last ≥ `from`, one list; sorted, deduplicated and cut as the query says. */
  search(query: FlowQuery, window: FlowWindow, signal?: AbortSignal): Promise<readonly Flow[]>;
  /** How many flows `search` would give. */
  count?(query: FlowQuery, window: FlowWindow, signal?: AbortSignal): Promise<number>;
  /** The sum of an integer field of the flows that `search` would give; the UUID of one that lacks it, if one does. */
  sum?(field: string, query: FlowQuery, window: FlowWindow, signal?: AbortSignal): Promise<number | string>;
  /** Text fields of the flows that `search` would give, in their order. */
  columns?(
    fields: readonly string[],
    query: FlowQuery,
    window: FlowWindow,
    signal?: AbortSignal,
  ): Promise<readonly FlowColumn[]>;
  /** Metric records with Start ≥ `from` and Last ≤ `to` of the flows that pass, by flow, each ordered by Last. */
  metrics(
    query: FlowQuery,
    window: FlowWindow,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly FlowMetric[]>>;
  /** Packets with a timestamp in the window of the flows that pass, by flow, each ordered by Index. */
  packets(
    query: FlowQuery,
    window: FlowWindow,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly RawPacket[]>>;
}

/** Where a query finds flows. */
export interface FlowSource {
  /**
   * The live flows, one list a table, each sorted, deduplicated and cut as the query says. A table that does not
   * answer counts as empty.
   */
  search(query: FlowQuery, signal?: AbortSignal): Promise<readonly (readonly Flow[])[]>;
  /** Absent where flows are not kept. */
  readonly storage?: FlowStorage;
}
