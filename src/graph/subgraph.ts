// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from './element.js';
import type { Filter } from './filter.js';
import type { Graph } from './graph.js';

/** Some nodes and the edges between them. */
export interface Elements {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** Every element of the graph, as Sync sends it. */
export function allElements(graph: Graph): Elements {
  return { nodes: [...graph.nodes()], edges: [...graph.edges()] };
}

/** The nodes with these IDs and every edge that passes and has both its ends among them. */
export function subgraph(graph: Graph, ids: Iterable<string>, edgeFilter?: Filter): Elements {
  const nodes = new Map<string, Node>();
  for (const id of ids) {
    const node = graph.getNode(id);
    if (node !== undefined) nodes.set(id, node);
  }
  const edges: Edge[] = [];
  for (const id of nodes.keys()) {
    for (const edge of graph.edgesOf(id, edgeFilter)) {
      if (edge.Parent === id && nodes.has(edge.Child)) edges.push(edge);
    }
  }
  return { nodes: [...nodes.values()], edges };
}

export interface Difference {
  readonly addedNodes: readonly Node[];
  readonly removedNodes: readonly Node[];
  readonly addedEdges: readonly Edge[];
  readonly removedEdges: readonly Edge[];
}

/** What came and what went between two states, by ID only: changes of content do not count. */
export function difference(before: Elements, after: Elements): Difference {
  return {
    addedNodes: missingFrom(before.nodes, after.nodes),
    removedNodes: missingFrom(after.nodes, before.nodes),
    addedEdges: missingFrom(before.edges, after.edges),
    removedEdges: missingFrom(after.edges, before.edges),
  };
}

function missingFrom<T extends Node>(known: readonly T[], given: readonly T[]): T[] {
  const ids = new Set(known.map(({ ID }) => ID));
  return given.filter(({ ID }) => !ids.has(ID));
}

/** Topology ids of the nodes, by host: what a flow query asks each agent for. */
export function tidsByHost(nodes: Iterable<Node>): Map<string, string[]> {
  const tids = new Map<string, string[]>();
  for (const { Host, Metadata } of nodes) {
    const tid = Metadata['TID'];
    if (typeof tid !== 'string') continue;
    const known = tids.get(Host);
    if (known === undefined) tids.set(Host, [tid]);
    else known.push(tid);
  }
  return tids;
}
