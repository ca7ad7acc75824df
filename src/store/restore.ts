// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from '../graph/element.js';
import type { GraphListener } from '../graph/event.js';
import type { History } from './history.js';
import { Slices } from './level/slices.js';

/** What the live graph has to offer for this. */
export interface Restorable {
  applyNodeAdded(node: Node): boolean;
  applyEdgeAdded(edge: Edge): boolean;
  getNode(id: string): Node | undefined;
  on(listener: GraphListener): () => void;
}

export interface Restored {
  readonly nodes: number;
  readonly edges: number;
  /** Edges closed because an end was gone. */
  readonly closed: number;
}

/**
 * Loads what was open at the last write into the graph, then records every later change. The loaded elements are
 * not recorded again. Call it once, before anything else changes the graph.
 */
export async function restore(
  graph: Restorable,
  history: History,
  now: () => number = Date.now,
): Promise<Restored & { readonly stop: () => void }> {
  const slices = new Slices();
  let nodes = 0;
  let edges = 0;
  let closed = 0;
  for await (const { kind, element } of history.current()) {
    if (kind === 'node') {
      if (graph.applyNodeAdded(element)) nodes++;
    } else if (graph.getNode(element.Parent) !== undefined && graph.getNode(element.Child) !== undefined) {
      if (graph.applyEdgeAdded(element)) edges++;
    } else {
      history.append({ type: 'edgeDeleted', edge: { ...element, DeletedAt: now() } });
      closed++;
    }
    await slices.pause();
  }
  const stop = graph.on((event) => history.append(event));
  return { nodes, edges, closed, stop };
}
