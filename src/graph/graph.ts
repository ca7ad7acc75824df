// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { defaultColumns } from './columns.js';
import type { Edge, ElementKind, MetadataMap, MetadataValue, Millis, Node } from './element.js';
import type { GraphEvent, Operation } from './event.js';
import type { Filter } from './filter.js';
import { GraphWriter, notFound } from './graph-writer.js';
import { generateId, v5 } from './ids.js';
import { sameValue, setPath } from './metadata.js';
import { applyChanges, applyOperations, type Changed, type Changes } from './operations.js';
import { relation } from './relation.js';
import { deletedEdge, deletedNode, makeEdge, makeNode, reviseEdge, reviseNode } from './revision.js';

export interface GraphOptions {
  /** Host id given to elements made here. */
  readonly host: string;
  /** `<service type>.<host id>`, given to elements made here. */
  readonly origin: string;
  readonly now?: () => Millis;
  /** Keys kept as columns with an index, `defaultColumns` unless given. */
  readonly columns?: { readonly node: readonly string[]; readonly edge: readonly string[] };
  /** Told what listeners throw; without it the change that raised the event throws it, after it was made. */
  readonly onListenerError?: (error: unknown, event: GraphEvent) => void;
  /** Events that may wait while listeners react to events; more changes are refused then. */
  readonly eventQueueSize?: number;
}

/** What a local node is made of; absent members are the graph's own. The metadata is taken over, not copied. */
export interface NewNode {
  readonly ID?: string;
  readonly Metadata?: MetadataMap;
  readonly Host?: string;
  readonly Origin?: string;
}

export interface NewEdge extends NewNode {
  readonly Parent: string;
  readonly Child: string;
}

const defaultEventQueueSize = 100_000;

/**
 * The live graph. Changes are made at once; listeners are told synchronously. Elements are replaced, never mutated,
 * so an element or view that somebody holds stays what it was.
 */
export class Graph extends GraphWriter {
  readonly host: string;
  readonly origin: string;

  constructor(options: GraphOptions) {
    super({
      columns: options.columns ?? defaultColumns,
      now: options.now ?? Date.now,
      onListenerError: options.onListenerError,
      eventQueueSize: options.eventQueueSize ?? defaultEventQueueSize,
    });
    this.host = options.host;
    this.origin = options.origin;
  }

  // Local changes

  /** Throws SKY_E_GRAPH_DUPLICATE when the ID is taken. */
  addNode(given: NewNode): Node {
    const id = given.ID || generateId();
    if (this.nodeStore.handleOf(id) >= 0) throw duplicate('node', id);
    const node = makeNode(id, ...this.#first(given));
    this.insertNode(node);
    return node;
  }

  /** Throws SKY_E_GRAPH_DUPLICATE when the ID is taken, SKY_E_GRAPH_NOT_FOUND when an end is missing. */
  addEdge(given: NewEdge): Edge {
    const id = given.ID || v5(given.Parent + given.Child);
    if (this.edgeStore.handleOf(id) >= 0) throw duplicate('edge', id);
    return this.insertEdge(makeEdge(id, ...this.#first(given), given.Parent, given.Child));
  }

  /** What a first revision has beside its ID, in the order of the wire. */
  #first({ Metadata = {}, Host = this.host, Origin = this.origin }: NewNode) {
    const now = this.now();
    return [Metadata, Host, Origin, now, now, null, 1] as const;
  }

  /** Deletes the node after its edges. False when there is none. */
  deleteNode(id: string): boolean {
    const node = this.nodeStore.byId(id);
    if (node === undefined) return false;
    this.removeNode(deletedNode(node, this.now()));
    return true;
  }

  deleteEdge(id: string): boolean {
    const edge = this.edgeStore.byId(id);
    if (edge === undefined) return false;
    this.removeEdge(deletedEdge(edge, this.now()));
    return true;
  }

  /** Deletes every node that passes, all with one time; the count is returned. */
  deleteNodes(filter: Filter): number {
    const now = this.now();
    let count = 0;
    for (const { ID } of this.lookupNodes(filter)) {
      const node = this.nodeStore.byId(ID);
      if (node === undefined) continue;
      this.removeNode(deletedNode(node, now));
      count++;
    }
    return count;
  }

  /** Deletes what an origin created: its nodes and, whatever their origin, the edges of these. */
  deleteOrigin(origin: string): number {
    return this.deleteNodes({ kind: 'term', key: '@Origin', value: origin });
  }

  /** Replaces the metadata. False when it is deep-equal already. */
  setMetadata(kind: ElementKind, id: string, metadata: MetadataMap): boolean {
    const element = this.#element(kind, id);
    if (sameValue(element.Metadata, metadata)) return false;
    this.#change(kind, id, metadata);
    return true;
  }

  /** Sets one dotted path. False when nothing changed or the path leads through something that is no map. */
  addMetadata(kind: ElementKind, id: string, key: string, value: MetadataValue): boolean {
    const { Metadata } = this.#element(kind, id);
    // As in the original, only a top-level value is compared; a dotted path always counts as a change.
    if (Object.hasOwn(Metadata, key) && sameValue(Metadata[key], value)) return false;
    const metadata = setPath(Metadata, key, value);
    if (metadata === undefined) return false;
    this.#change(kind, id, metadata, [{ type: 'set', key, value }]);
    return true;
  }

  /** Deletes one dotted path. False when absent. */
  deleteMetadata(kind: ElementKind, id: string, key: string): boolean {
    return this.update(kind, id, { delete: [key] });
  }

  /** The transaction: all changes make one revision. False when none has an effect. */
  update(kind: ElementKind, id: string, changes: Changes): boolean {
    const { metadata, ops }: Changed = applyChanges(this.#element(kind, id).Metadata, changes);
    if (ops.length === 0) return false;
    this.#change(kind, id, metadata, ops);
    return true;
  }

  #change(kind: ElementKind, id: string, metadata: MetadataMap, ops?: readonly Operation[]): void {
    if (kind === 'node') {
      const node = this.nodeStore.byId(id)!;
      this.replaceNode(reviseNode(node, metadata, this.now(), node.Revision + 1), ops);
    } else {
      const edge = this.edgeStore.byId(id)!;
      this.replaceEdge(reviseEdge(edge, metadata, this.now(), edge.Revision + 1), ops);
    }
  }

  #element(kind: ElementKind, id: string): Node | Edge {
    const element = kind === 'node' ? this.nodeStore.byId(id) : this.edgeStore.byId(id);
    if (element === undefined) throw notFound(kind, id);
    return element;
  }

  // Links

  /** Adds an edge, with a random ID unless one is given. */
  link(parentId: string, childId: string, metadata: MetadataMap, id: string = generateId()): Edge {
    return this.addEdge({ ID: id, Parent: parentId, Child: childId, Metadata: metadata });
  }

  /** The edge of a probe: its ID follows from ends and relation type. An existing one is returned as it is. */
  addTopologyLink(
    parentId: string,
    childId: string,
    relationType: string,
    extraMetadata: MetadataMap = {},
  ): Edge {
    const id = v5(parentId + childId + relationType);
    const existing = this.edgeStore.byId(id);
    if (existing !== undefined) return existing;
    return this.link(parentId, childId, { RelationType: relationType, ...extraMetadata }, id);
  }

  /** Makes the parent the one owner of the child. */
  addOwnership(parentId: string, childId: string): Edge {
    const id = v5(parentId + childId + relation.ownership);
    for (const edge of this.edgesOf(childId)) {
      const owns = edge.Child === childId && edge.Metadata['RelationType'] === relation.ownership;
      if (owns && edge.ID !== id) this.deleteEdge(edge.ID);
    }
    return this.addTopologyLink(parentId, childId, relation.ownership);
  }

  /** Deletes all edges between two nodes, in either direction; the count is returned. */
  unlink(a: string, b: string): number {
    let count = 0;
    for (const edge of this.edgesBetween(a, b)) if (this.deleteEdge(edge.ID)) count++;
    return count;
  }

  // Changes told by peers

  /** False when the ID is known already. */
  applyNodeAdded(node: Node): boolean {
    if (this.nodeStore.handleOf(node.ID) >= 0) return false;
    this.insertNode(node);
    return true;
  }

  applyEdgeAdded(edge: Edge): boolean {
    if (this.edgeStore.handleOf(edge.ID) >= 0) return false;
    this.insertEdge(edge);
    return true;
  }

  /** False when the revision is not newer than ours. Throws SKY_E_GRAPH_NOT_FOUND when unknown. */
  applyNodeUpdated(incoming: Node): boolean {
    const node = this.#newer('node', this.nodeStore.byId(incoming.ID), incoming);
    if (node === undefined) return false;
    this.replaceNode(reviseNode(node, incoming.Metadata, incoming.UpdatedAt, incoming.Revision));
    return true;
  }

  applyEdgeUpdated(incoming: Edge): boolean {
    const edge = this.#newer('edge', this.edgeStore.byId(incoming.ID), incoming);
    if (edge === undefined) return false;
    this.replaceEdge(reviseEdge(edge, incoming.Metadata, incoming.UpdatedAt, incoming.Revision));
    return true;
  }

  applyNodePartiallyUpdated(
    id: string,
    revision: number,
    updatedAt: Millis,
    ops: readonly Operation[],
  ): boolean {
    const node = this.#newer('node', this.nodeStore.byId(id), { ID: id, Revision: revision });
    if (node === undefined) return false;
    this.replaceNode(reviseNode(node, applyOperations(node.Metadata, ops), updatedAt, revision), ops);
    return true;
  }

  applyEdgePartiallyUpdated(
    id: string,
    revision: number,
    updatedAt: Millis,
    ops: readonly Operation[],
  ): boolean {
    const edge = this.#newer('edge', this.edgeStore.byId(id), { ID: id, Revision: revision });
    if (edge === undefined) return false;
    this.replaceEdge(reviseEdge(edge, applyOperations(edge.Metadata, ops), updatedAt, revision), ops);
    return true;
  }

  #newer<T extends Node>(
    kind: ElementKind,
    known: T | undefined,
    incoming: { readonly ID: string; readonly Revision: number },
  ): T | undefined {
    if (known === undefined) throw notFound(kind, incoming.ID);
    return known.Revision < incoming.Revision ? known : undefined;
  }

  /** Deletes the node after its edges, with the time of the message. Throws SKY_E_GRAPH_NOT_FOUND when unknown. */
  applyNodeDeleted(incoming: Node): void {
    if (this.nodeStore.handleOf(incoming.ID) < 0) throw notFound('node', incoming.ID);
    this.removeNode(incoming);
  }

  applyEdgeDeleted(incoming: Edge): void {
    if (this.edgeStore.handleOf(incoming.ID) < 0) throw notFound('edge', incoming.ID);
    this.removeEdge(incoming);
  }
}

function duplicate(kind: ElementKind, id: string): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_DUPLICATE', `${kind} ${id} exists already: update or delete it first`);
}
