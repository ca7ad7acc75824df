// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from '../graph/element.js';
import type { GraphEvent } from '../graph/event.js';
import type { Graph } from '../graph/graph.js';
import type { Outgoing } from '../wire/outgoing.js';
import { elementMessage } from './graph-message.js';

/** What a reader does not know yet about one element. */
interface Missed<T> {
  /** Whether it knows (a former life of) the element. */
  known: boolean;
  /** The deletion it has to be told of first. */
  deleted: T | undefined;
}

/**
 * What a reader that is too slow has missed, folded to one entry per element: however long it stays behind, this is
 * bounded by what it knew and what there is. Taking the messages brings it up to date.
 */
export class Backlog {
  readonly #nodes = new Map<string, Missed<Node>>();
  readonly #edges = new Map<string, Missed<Edge>>();

  get size(): number {
    return this.#nodes.size + this.#edges.size;
  }

  add(event: GraphEvent): void {
    switch (event.type) {
      case 'nodeAdded':
        added(this.#nodes, event.node);
        break;
      case 'nodeUpdated':
        updated(this.#nodes, event.node);
        break;
      case 'nodeDeleted':
        deleted(this.#nodes, event.node);
        break;
      case 'edgeAdded':
        added(this.#edges, event.edge);
        break;
      case 'edgeUpdated':
        updated(this.#edges, event.edge);
        break;
      case 'edgeDeleted':
        deleted(this.#edges, event.edge);
        break;
    }
  }

  /**
   * Sends one message after the other, one a step: deletions of edges, then of nodes, then nodes, then edges as they
   * are in the graph now. Ends early, keeping the rest, when `send` says no.
   */
  *catchUp(graph: Graph, send: (message: Outgoing) => boolean): Generator<void, void> {
    for (const [kind, missed] of [
      ['Edge', this.#edges],
      ['Node', this.#nodes],
    ] as const) {
      for (const [id, entry] of missed as Map<string, Missed<Node>>) {
        if (entry.deleted === undefined) continue;
        if (!send(elementMessage(kind, 'Deleted', entry.deleted))) return;
        missed.set(id, { known: false, deleted: undefined });
        yield;
      }
    }
    for (const [kind, missed, find] of [
      ['Node', this.#nodes, (id: string) => graph.getNode(id)],
      ['Edge', this.#edges, (id: string) => graph.getEdge(id)],
    ] as const) {
      for (const [id, entry] of missed as Map<string, Missed<Node>>) {
        // Deleted while the steps went on: the next round tells.
        if (entry.deleted !== undefined) continue;
        const element = find(id);
        if (element !== undefined) {
          if (!send(elementMessage(kind, entry.known ? 'Updated' : 'Added', element))) return;
        }
        missed.delete(id);
        yield;
      }
    }
  }
}

function added<T extends Node>(missed: Map<string, Missed<T>>, element: T): void {
  if (!missed.has(element.ID)) missed.set(element.ID, { known: false, deleted: undefined });
}

function updated<T extends Node>(missed: Map<string, Missed<T>>, element: T): void {
  if (!missed.has(element.ID)) missed.set(element.ID, { known: true, deleted: undefined });
}

function deleted<T extends Node>(missed: Map<string, Missed<T>>, element: T): void {
  const entry = missed.get(element.ID);
  // Came and went while the reader looked away.
  if (entry !== undefined && !entry.known) missed.delete(element.ID);
  else if (entry?.deleted === undefined) missed.set(element.ID, { known: true, deleted: element });
}
