// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataValue, Node } from './element.js';

/** One metadata change of an update: a set path or a deleted one. */
export type Operation =
  | { readonly type: 'set'; readonly key: string; readonly value: MetadataValue }
  | { readonly type: 'delete'; readonly key: string };

/**
 * What happened to the graph. `ops` is there when the update is fully described by its operations; without it the
 * whole metadata may have changed.
 */
export type GraphEvent =
  | { readonly type: 'nodeAdded'; readonly node: Node }
  | {
      readonly type: 'nodeUpdated';
      readonly node: Node;
      readonly previous: Node;
      readonly ops?: readonly Operation[];
    }
  | { readonly type: 'nodeDeleted'; readonly node: Node }
  | { readonly type: 'edgeAdded'; readonly edge: Edge }
  | {
      readonly type: 'edgeUpdated';
      readonly edge: Edge;
      readonly previous: Edge;
      readonly ops?: readonly Operation[];
    }
  | { readonly type: 'edgeDeleted'; readonly edge: Edge };

/** Called synchronously, in registration order. */
export type GraphListener = (event: GraphEvent) => void;
