// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from './element.js';
import type { Graph } from './graph.js';
import { idOf } from './ids.js';
import type { Indexer } from './indexer.js';
import { ResourceLinker, type WantedEdge } from './resource-linker.js';

/**
 * A linker from the nodes of one index to those of another that have equal values. Its edges belong to no host and
 * have ids that follow from their ends.
 */
export function metadataIndexerLinker(
  graph: Graph,
  from: Indexer,
  to: Indexer,
  metadata: MetadataMap,
  onError: (error: unknown) => void,
): ResourceLinker {
  const edge = (Parent: string, Child: string): WantedEdge => ({
    ID: idOf(Parent, Child),
    Host: '',
    Parent,
    Child,
  });
  return new ResourceLinker(graph, {
    from: [from],
    to: [to],
    edgesFrom: (node) =>
      from.keys(node.ID).flatMap((values) => to.get(...values).map(({ ID }) => edge(node.ID, ID))),
    edgesTo: (node) =>
      to.keys(node.ID).flatMap((values) => from.get(...values).map(({ ID }) => edge(ID, node.ID))),
    metadata,
    onError,
  });
}
