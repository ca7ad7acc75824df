// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { GraphContent } from './decode-sync.js';

/**
 * Adds what is unknown and takes over newer revisions; deletes nothing. What a peer's Sync does, and what history
 * gives at start. One element a step.
 */
export function* mergeGraph(
  graph: Graph,
  content: GraphContent,
  conflict: (thrown: unknown) => void,
): Generator<void, void> {
  for (const node of content.nodes) {
    if (!graph.applyNodeAdded(node)) graph.applyNodeUpdated(node);
    yield;
  }
  for (const edge of content.edges) {
    try {
      if (!graph.applyEdgeAdded(edge)) graph.applyEdgeUpdated(edge);
    } catch (thrown) {
      conflict(thrown);
    }
    yield;
  }
}
