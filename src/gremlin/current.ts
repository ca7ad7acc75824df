// SPDX-License-Identifier: Apache-2.0

import type { Scope } from './scope.js';

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

export type Current = GraphResult | Nodes | Edges | Paths | Value;
export type Of<K extends Kind> = Extract<Current, { kind: K }>;

/** How many a result holds, as Count has it. */
export function lengthOf(current: Current): number {
  switch (current.kind) {
    case 'V':
    case 'E':
      return current.handles.length;
    case 'Paths':
      return current.paths.length;
    case 'Value':
      return Array.isArray(current.value) ? current.value.length : 1;
    case 'Graph':
      return current.scope.view.nodeCount;
  }
}
