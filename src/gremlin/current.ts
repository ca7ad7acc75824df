// SPDX-License-Identifier: Apache-2.0

import type { Flow, FlowColumn, RawPacket } from './flow-source.js';
import type { FlowRequest } from './flows/fetch.js';
import type { MetricKind, MetricRecord } from './metrics/record.js';
import type { NextHopRecord } from './routing.js';
import type { Scope } from './scope.js';
import type { Socket } from './sockets.js';

/** What the steps hand on: the type of the current result decides which steps may follow. */
export type Kind =
  | 'Graph'
  | 'V'
  | 'E'
  | 'Paths'
  | 'Value'
  | 'Flows'
  | 'Metrics'
  | 'RawPackets'
  | 'Sockets'
  | 'Group'
  | 'NextHop';

export interface GraphResult {
  readonly kind: 'Graph';
  readonly scope: Scope;
}

/** Nodes, repeats included. Not `ordered`: in whatever order was cheapest, to be put in order before it shows. */
export interface Nodes {
  readonly kind: 'V';
  readonly scope: Scope;
  readonly handles: Uint32Array;
  readonly ordered: boolean;
}

export interface Edges {
  readonly kind: 'E';
  readonly scope: Scope;
  readonly handles: Uint32Array;
  readonly ordered: boolean;
}

export interface Paths {
  readonly kind: 'Paths';
  readonly scope: Scope;
  /** Node handles, source first. */
  readonly paths: readonly Uint32Array[];
}

/** A number or record, or a list of values. */
export interface Value {
  readonly kind: 'Value';
  readonly value: unknown;
}

/** Flows; fetched at the first `flows()`, once. */
export interface FlowsResult {
  readonly kind: 'Flows';
  /** The graph in which nodes are looked up for them. */
  readonly scope: Scope;
  readonly request: FlowRequest;
  flows(): Promise<readonly Flow[]>;
  /** How many there are; stored ones are not fetched for it. */
  count(): Promise<number>;
  /** Text fields of each; stored flows are not fetched for them. */
  columns(fields: readonly string[]): Promise<readonly FlowColumn[]>;
  /** The sum of an integer field; the UUID of a flow that lacks it, if one does. Stored flows are not fetched for it. */
  sum(field: string): Promise<number | string>;
}

/** Metric records by node or flow; after Aggregates by the one key `Aggregated`. */
export interface MetricsResult {
  readonly kind: 'Metrics';
  readonly metricKind: MetricKind;
  readonly series: ReadonlyMap<string, readonly MetricRecord[]>;
  /** The time slice asked for, absent when live. */
  readonly window: { readonly start: number; readonly last: number } | undefined;
}

/** Packets by flow; null where BPF let none pass. */
export interface RawPacketsResult {
  readonly kind: 'RawPackets';
  readonly packets: ReadonlyMap<string, readonly RawPacket[] | null>;
}

/** Sockets by node or flow. */
export interface SocketsResult {
  readonly kind: 'Sockets';
  readonly sockets: ReadonlyMap<string, readonly Socket[]>;
}

/** Flows by TrackingID. */
export interface GroupResult {
  readonly kind: 'Group';
  readonly groups: ReadonlyMap<string, readonly Flow[]>;
}

/** By node. */
export interface NextHopResult {
  readonly kind: 'NextHop';
  readonly hops: ReadonlyMap<string, NextHopRecord>;
}

export type Current =
  | GraphResult
  | Nodes
  | Edges
  | Paths
  | Value
  | FlowsResult
  | MetricsResult
  | RawPacketsResult
  | SocketsResult
  | GroupResult
  | NextHopResult;
