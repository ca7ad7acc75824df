// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Node } from './element.js';
import type { Filter } from './filter.js';
import type { Graph } from './graph.js';
import { compiled } from './match.js';
import { relation } from './relation.js';

/**
 * The nodes from `id` to the nearest one that passes, both included, over edges that pass, in either direction; empty
 * when none can be reached.
 */
export function shortestPath(graph: Graph, id: string, target: Filter, edgeFilter?: Filter): Node[] {
  const start = graph.getNode(id);
  if (start === undefined) return [];
  const arrived = compiled('node', target);
  const cameFrom = new Map<string, string | undefined>([[id, undefined]]);
  const queue: Node[] = [start];
  for (const node of queue) {
    if (arrived(node)) return trace(graph, cameFrom, node.ID);
    for (const edge of graph.edgesOf(node.ID, edgeFilter)) {
      const next = edge.Parent === node.ID ? edge.Child : edge.Parent;
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node.ID);
      queue.push(graph.getNode(next)!);
    }
  }
  return [];
}

function trace(graph: Graph, cameFrom: ReadonlyMap<string, string | undefined>, last: string): Node[] {
  const path: Node[] = [];
  for (let id: string | undefined = last; id !== undefined; id = cameFrom.get(id)) {
    path.unshift(graph.getNode(id)!);
  }
  return path;
}

const isHost: Filter = { kind: 'term', key: 'Type', value: 'host' };
const isOwnership: Filter = { kind: 'term', key: 'RelationType', value: relation.ownership };

/** Name and path of a network namespace; both are empty for the root one. */
export interface Namespace {
  readonly name: string;
  readonly path: string;
}

/** The namespace that a node is in. Throws SKY_E_GRAPH_NOT_FOUND when nothing ties the node to a host. */
export function namespaceOf(graph: Graph, id: string): Namespace {
  const path = shortestPath(graph, id, isHost, isOwnership);
  if (path.length === 0) {
    throw new SkydiveError('SKY_E_GRAPH_NOT_FOUND', `node ${id} has no ownership path to a host`);
  }
  const netns = path.find((node) => node.Metadata['Type'] === 'netns')?.Metadata;
  const text = (key: string) => (typeof netns?.[key] === 'string' ? netns[key] : '');
  return { name: text('Name'), path: text('Path') };
}
