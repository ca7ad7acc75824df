// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { decodeEdge, decodeNode } from '../graph/codec.js';
import type { Edge, Node } from '../graph/element.js';
import type { Graph } from '../graph/graph.js';
import type { StructMessage } from '../wire/message.js';
import { decodePartialUpdate } from './graph-message.js';

/** Looks at (and may change) a full element of a message before it is applied; throwing drops the message. */
export type Inspect = <T extends Node | Edge>(kind: 'node' | 'edge', element: T) => T;

/**
 * Applies a change of one element to the graph. False when the type is none of these. Throws what decoding and the
 * graph throw (SKY_E_WIRE, SKY_E_GRAPH_DECODE, SKY_E_GRAPH_NOT_FOUND).
 */
export function applyMessage(graph: Graph, message: StructMessage, inspect: Inspect = keep): boolean {
  const { type, payload } = message;
  switch (type) {
    case 'NodeAdded':
      graph.applyNodeAdded(inspect('node', decodeNode(payload.json())));
      return true;
    case 'NodeUpdated':
      graph.applyNodeUpdated(inspect('node', decodeNode(payload.json())));
      return true;
    case 'NodeDeleted':
      graph.applyNodeDeleted(inspect('node', decodeNode(payload.json())));
      return true;
    case 'NodePartiallyUpdated': {
      const { id, revision, updatedAt, ops } = decodePartialUpdate(payload.json());
      graph.applyNodePartiallyUpdated(id, revision, updatedAt, ops);
      return true;
    }
    case 'EdgeAdded':
      graph.applyEdgeAdded(inspect('edge', decodeEdge(payload.json())));
      return true;
    case 'EdgeUpdated':
      graph.applyEdgeUpdated(inspect('edge', decodeEdge(payload.json())));
      return true;
    case 'EdgeDeleted':
      deleteEdge(graph, inspect('edge', decodeEdge(payload.json())));
      return true;
    case 'EdgePartiallyUpdated': {
      const { id, revision, updatedAt, ops } = decodePartialUpdate(payload.json());
      graph.applyEdgePartiallyUpdated(id, revision, updatedAt, ops);
      return true;
    }
    default:
      return false;
  }
}

/** An edge is often gone already: it went with its node. */
function deleteEdge(graph: Graph, edge: Edge): void {
  try {
    graph.applyEdgeDeleted(edge);
  } catch (thrown) {
    if (!(thrown instanceof SkydiveError && thrown.code === 'SKY_E_GRAPH_NOT_FOUND')) throw thrown;
  }
}

function keep<T>(_kind: 'node' | 'edge', element: T): T {
  return element;
}
