// SPDX-License-Identifier: Apache-2.0

import type { Edge, Element, Node } from '../graph/element.js';
import type { Graph } from '../graph/graph.js';
import { sameValue } from '../graph/metadata.js';
import { deletedEdge, deletedNode } from '../graph/revision.js';
import type { GraphContent } from './decode-sync.js';
import type { OriginIndex } from './origin-index.js';

export interface ReplaceOptions {
  readonly graph: Graph;
  readonly origins: OriginIndex;
  /** Whose nodes are replaced. */
  readonly origin: string;
  readonly content: GraphContent;
  /** Told of elements that cannot be added. */
  readonly conflict: (thrown: unknown) => void;
}

/**
 * Makes the part of the graph that an origin owns equal to what it sent, changing only what differs: what the
 * original does by deleting all of it and adding it again, without the burst of events and without a hole in the
 * history of what stayed the same. One element a step.
 *
 * As in the original, elements of other origins that have the same ID are left alone, unless the origin knows a newer
 * revision. Edges of others at nodes that stay are kept.
 */
export function* replaceSubgraph(options: ReplaceOptions): Generator<void, void> {
  const { graph, origins, origin, content, conflict } = options;
  const nodes = byId(content.nodes);
  const edges = byId(content.edges);
  const now = Date.now();
  for (const id of origins.nodesOf(origin)) {
    const node = graph.getNode(id);
    if (node === undefined) continue;
    if (!nodes.has(id)) {
      graph.applyNodeDeleted(deletedNode(node, now));
    } else {
      for (const edge of graph.edgesOf(id)) {
        const own = edge.Origin === origin;
        if (own && !edges.has(edge.ID)) graph.applyEdgeDeleted(deletedEdge(edge, now));
      }
    }
    yield;
  }
  for (const node of nodes.values()) {
    attempt(() => putNode(graph, origin, node, now), conflict);
    yield;
  }
  for (const edge of edges.values()) {
    attempt(() => putEdge(graph, origin, edge, now), conflict);
    yield;
  }
}

/** Deletes the nodes of an origin, and with them their edges whatever those' origin. One node a step. */
export function* deleteOrigin(graph: Graph, origins: OriginIndex, origin: string): Generator<void, void> {
  const now = Date.now();
  for (const id of origins.nodesOf(origin)) {
    const node = graph.getNode(id);
    if (node !== undefined) graph.applyNodeDeleted(deletedNode(node, now));
    yield;
  }
}

function putNode(graph: Graph, origin: string, node: Node, now: number): void {
  const known = graph.getNode(node.ID);
  if (known === undefined) {
    graph.applyNodeAdded(node);
  } else if (sameIdentity(known, node)) {
    if (sameRevision(known, node) || graph.applyNodeUpdated(node) || known.Origin !== origin) return;
    replaceNode(graph, known, node, now);
  } else if (known.Origin === origin) {
    replaceNode(graph, known, node, now);
  }
}

function replaceNode(graph: Graph, known: Node, node: Node, now: number): void {
  graph.applyNodeDeleted(deletedNode(known, now));
  graph.applyNodeAdded(node);
}

function putEdge(graph: Graph, origin: string, edge: Edge, now: number): void {
  const known = graph.getEdge(edge.ID);
  if (known === undefined) {
    graph.applyEdgeAdded(edge);
    return;
  }
  const sameEnds = known.Parent === edge.Parent && known.Child === edge.Child;
  if (sameEnds && sameIdentity(known, edge)) {
    if (sameRevision(known, edge) || graph.applyEdgeUpdated(edge)) return;
  }
  if (known.Origin !== origin) return;
  graph.applyEdgeDeleted(deletedEdge(known, now));
  graph.applyEdgeAdded(edge);
}

function sameIdentity(known: Element, incoming: Element): boolean {
  return (
    known.Host === incoming.Host && known.Origin === incoming.Origin && known.CreatedAt === incoming.CreatedAt
  );
}

function sameRevision(known: Element, incoming: Element): boolean {
  return (
    known.Revision === incoming.Revision &&
    known.UpdatedAt === incoming.UpdatedAt &&
    sameValue(known.Metadata, incoming.Metadata)
  );
}

/** The first of each ID counts: further ones would find it taken. */
function byId<T extends Element>(elements: readonly T[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const element of elements) if (!map.has(element.ID)) map.set(element.ID, element);
  return map;
}

function attempt(run: () => void, failed: (thrown: unknown) => void): void {
  try {
    run();
  } catch (thrown) {
    failed(thrown);
  }
}
