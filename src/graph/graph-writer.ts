// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { Dispatcher } from './dispatch.js';
import type { Edge, ElementKind, Millis, Node } from './element.js';
import type { GraphEvent, GraphListener, Operation } from './event.js';
import { GraphReader } from './graph-reader.js';
import { LiveView } from './live-view.js';
import { Moment } from './moment.js';
import { deletedEdge, makeEdge } from './revision.js';
import { shareEdgeMetadata } from './share.js';
import type { GraphSource, GraphView, ViewContext } from './view.js';

export interface WriterOptions {
  readonly columns: { readonly node: readonly string[]; readonly edge: readonly string[] };
  readonly now: () => Millis;
  readonly onListenerError: ((error: unknown, event: GraphEvent) => void) | undefined;
  readonly eventQueueSize: number;
}

/** The changes that everything else is made of: each is made, kept from open views, and told. */
export class GraphWriter extends GraphReader implements GraphSource {
  protected readonly now: () => Millis;
  readonly #dispatcher: Dispatcher;
  readonly #moments = new Set<Moment>();
  /** The newest moment while nothing has changed since. */
  #present: Moment | undefined;

  constructor(options: WriterOptions) {
    super(options.columns);
    this.now = options.now;
    this.#dispatcher = new Dispatcher(options.eventQueueSize, options.onListenerError);
  }

  /** The graph as it is now. Only the live context is known here. */
  view(context: ViewContext = { kind: 'live' }): GraphView {
    if (context.kind !== 'live') {
      throw new SkydiveError(
        'SKY_E_NO_HISTORY',
        'Backend does not support history: configure analyzer.topology.backend to keep it',
      );
    }
    return new LiveView(this.#moment());
  }

  #moment(): Moment {
    if (this.#present === undefined) {
      this.#present = new Moment(this.nodeStore, this.edgeStore, this.adjacency, (ended) => {
        this.#moments.delete(ended);
        if (this.#present === ended) this.#present = undefined;
      });
      this.#moments.add(this.#present);
    }
    this.#present.retain();
    return this.#present;
  }

  /** Registers a listener; the result takes it away again. */
  on(listener: GraphListener): () => void {
    return this.#dispatcher.on(listener);
  }

  protected insertNode(node: Node): void {
    this.#begin();
    this.adjacency.addNode(this.nodeStore.insert(node));
    this.#dispatcher.emit({ type: 'nodeAdded', node });
  }

  protected insertEdge(given: Edge): Edge {
    const parent = this.nodeStore.handleOf(given.Parent);
    const child = this.nodeStore.handleOf(given.Child);
    if (parent < 0) throw notFound('node', given.Parent, `, the parent of edge ${given.ID}`);
    if (child < 0) throw notFound('node', given.Child, `, the child of edge ${given.ID}`);
    this.#begin();
    // Made anew with the strings of its nodes, so that a million edges do not hold two million copies of IDs.
    const edge = makeEdge(
      given.ID,
      shareEdgeMetadata(given.Metadata),
      given.Host,
      given.Origin,
      given.CreatedAt,
      given.UpdatedAt,
      given.DeletedAt,
      given.Revision,
      this.nodeStore.at(parent)!.ID,
      this.nodeStore.at(child)!.ID,
    );
    this.adjacency.addEdge(this.edgeStore.insert(edge), parent, child);
    this.#dispatcher.emit({ type: 'edgeAdded', edge });
    return edge;
  }

  protected replaceNode(node: Node, ops?: readonly Operation[]): void {
    this.#begin();
    const handle = this.nodeStore.handleOf(node.ID);
    const previous = this.nodeStore.at(handle)!;
    this.nodeStore.replace(handle, node);
    this.#dispatcher.emit({ type: 'nodeUpdated', node, previous, ...(ops && { ops }) });
  }

  protected replaceEdge(edge: Edge, ops?: readonly Operation[]): void {
    this.#begin();
    const handle = this.edgeStore.handleOf(edge.ID);
    const previous = this.edgeStore.at(handle)!;
    this.edgeStore.replace(handle, edge);
    this.#dispatcher.emit({ type: 'edgeUpdated', edge, previous, ...(ops && { ops }) });
  }

  /** Removes the edges of the node, then the node itself; `node` and its DeletedAt are what listeners are told. */
  protected removeNode(node: Node): void {
    const deletedAt = node.DeletedAt ?? this.now();
    for (const { ID } of this.edgesOf(node.ID)) {
      // A listener may have deleted it meanwhile.
      const edge = this.edgeStore.byId(ID);
      if (edge !== undefined) this.removeEdge(deletedEdge(edge, deletedAt));
    }
    const handle = this.nodeStore.handleOf(node.ID);
    if (handle < 0) return;
    // Edges that listeners added while the others went.
    if (this.edgesOf(node.ID).length > 0) {
      this.removeNode(node);
      return;
    }
    this.#begin();
    this.nodeStore.remove(handle);
    this.#dispatcher.emit({ type: 'nodeDeleted', node });
  }

  protected removeEdge(edge: Edge): void {
    this.#begin();
    const handle = this.edgeStore.handleOf(edge.ID);
    for (const moment of this.#moments) moment.edgeGoes(handle);
    this.edgeStore.remove(handle);
    this.adjacency.removeEdge(handle);
    this.#dispatcher.emit({ type: 'edgeDeleted', edge });
  }

  /** Before every change: refuses it while too many events wait, and ends the present moment. */
  #begin(): void {
    this.#dispatcher.admit();
    this.#present = undefined;
  }
}

/** The error of an operation on what is not there. */
export function notFound(kind: ElementKind, id: string, role = ''): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_NOT_FOUND', `${kind} ${id}${role} is not in the graph`);
}
