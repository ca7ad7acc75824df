// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { Adjacency } from './adjacency.js';
import { defaultColumns } from './columns.js';
import { Dispatcher } from './dispatch.js';
import type { Edge, ElementKind, MetadataMap, MetadataValue, Millis, Node } from './element.js';
import type { GraphEvent, GraphListener, Operation } from './event.js';
import type { Filter } from './filter.js';
import { generateId, v5 } from './ids.js';
import { LiveView } from './liveView.js';
import { compiled, type Matcher } from './match.js';
import { sameValue, setPath } from './metadata.js';
import { Moment } from './moment.js';
import { applyChanges, applyOperations, type Changed, type Changes } from './operations.js';
import { relation } from './relation.js';
import { deletedEdge, deletedNode, makeEdge, makeNode, reviseEdge, reviseNode } from './revision.js';
import { planOf, selectAll } from './select.js';
import { shareEdgeMetadata } from './share.js';
import { ElementStore } from './store.js';
import type { GraphSource, GraphView, ViewContext } from './view.js';

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

/** What a local node is made of; absent members are the graph's own. */
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
export class Graph implements GraphSource {
  readonly host: string;
  readonly origin: string;
  readonly #now: () => Millis;
  readonly #nodes: ElementStore<Node>;
  readonly #edges: ElementStore<Edge>;
  readonly #adjacency = new Adjacency();
  readonly #dispatcher: Dispatcher;
  readonly #moments = new Set<Moment>();
  /** The newest moment while nothing has changed since. */
  #present: Moment | undefined;

  constructor(options: GraphOptions) {
    this.host = options.host;
    this.origin = options.origin;
    this.#now = options.now ?? Date.now;
    const columns = options.columns ?? defaultColumns;
    this.#nodes = new ElementStore('node', columns.node);
    this.#edges = new ElementStore('edge', columns.edge);
    this.#dispatcher = new Dispatcher(
      options.eventQueueSize ?? defaultEventQueueSize,
      options.onListenerError,
    );
  }

  // Looking

  get nodeCount(): number {
    return this.#nodes.count;
  }

  get edgeCount(): number {
    return this.#edges.count;
  }

  getNode(id: string): Node | undefined {
    return this.#nodes.byId(id);
  }

  getEdge(id: string): Edge | undefined {
    return this.#edges.byId(id);
  }

  /** Every node; changes made while iterating may or may not be seen. */
  nodes(): Iterable<Node> {
    return this.#nodes.all();
  }

  edges(): Iterable<Edge> {
    return this.#edges.all();
  }

  /** The graph as it is now. Only the live context is known here. */
  view(context: ViewContext = { kind: 'live' }): GraphView {
    if (context.kind !== 'live') {
      throw new SkydiveError(
        'SKY_E_NO_HISTORY',
        'the live graph does not support history: configure analyzer.topology.backend to keep it',
      );
    }
    return new LiveView(this.#moment());
  }

  #moment(): Moment {
    if (this.#present === undefined) {
      this.#present = new Moment(this.#nodes, this.#edges, this.#adjacency, (ended) => {
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

  // Local changes

  /** Throws SKY_E_GRAPH_DUPLICATE when the ID is taken. */
  addNode(given: NewNode): Node {
    const id = given.ID || generateId();
    if (this.#nodes.handleOf(id) >= 0) throw duplicate('node', id);
    const now = this.#now();
    const node = makeNode(
      id,
      given.Metadata ?? {},
      given.Host ?? this.host,
      given.Origin ?? this.origin,
      now,
      now,
      null,
      1,
    );
    this.#insertNode(node);
    return node;
  }

  /** Throws SKY_E_GRAPH_DUPLICATE when the ID is taken, SKY_E_GRAPH_NOT_FOUND when an end is missing. */
  addEdge(given: NewEdge): Edge {
    const id = given.ID || v5(given.Parent + given.Child);
    if (this.#edges.handleOf(id) >= 0) throw duplicate('edge', id);
    const now = this.#now();
    const edge = makeEdge(
      id,
      given.Metadata ?? {},
      given.Host ?? this.host,
      given.Origin ?? this.origin,
      now,
      now,
      null,
      1,
      given.Parent,
      given.Child,
    );
    return this.#insertEdge(edge);
  }

  /** Deletes the node after its edges. False when there is none. */
  deleteNode(id: string): boolean {
    const node = this.#nodes.byId(id);
    if (node === undefined) return false;
    this.#removeNode(deletedNode(node, this.#now()));
    return true;
  }

  deleteEdge(id: string): boolean {
    const edge = this.#edges.byId(id);
    if (edge === undefined) return false;
    this.#removeEdge(deletedEdge(edge, this.#now()));
    return true;
  }

  /** Deletes every node that passes, all with one time; the count is returned. */
  deleteNodes(filter: Filter): number {
    const now = this.#now();
    let count = 0;
    for (const { ID } of this.lookupNodes(filter)) {
      const node = this.#nodes.byId(ID);
      if (node === undefined) continue;
      this.#removeNode(deletedNode(node, now));
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
      const node = this.#nodes.byId(id)!;
      this.#replaceNode(reviseNode(node, metadata, this.#now(), node.Revision + 1), ops);
    } else {
      const edge = this.#edges.byId(id)!;
      this.#replaceEdge(reviseEdge(edge, metadata, this.#now(), edge.Revision + 1), ops);
    }
  }

  #element(kind: ElementKind, id: string): Node | Edge {
    const element = kind === 'node' ? this.#nodes.byId(id) : this.#edges.byId(id);
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
    const existing = this.#edges.byId(id);
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
    for (const edge of this.#edgesBetween(a, b)) if (this.deleteEdge(edge.ID)) count++;
    return count;
  }

  // Changes told by peers

  /** False when the ID is known already. */
  applyNodeAdded(node: Node): boolean {
    if (this.#nodes.handleOf(node.ID) >= 0) return false;
    this.#insertNode(node);
    return true;
  }

  applyEdgeAdded(edge: Edge): boolean {
    if (this.#edges.handleOf(edge.ID) >= 0) return false;
    this.#insertEdge(edge);
    return true;
  }

  /** False when the revision is not newer than ours. Throws SKY_E_GRAPH_NOT_FOUND when unknown. */
  applyNodeUpdated(incoming: Node): boolean {
    const node = this.#newer('node', this.#nodes.byId(incoming.ID), incoming);
    if (node === undefined) return false;
    this.#replaceNode(reviseNode(node, incoming.Metadata, incoming.UpdatedAt, incoming.Revision));
    return true;
  }

  applyEdgeUpdated(incoming: Edge): boolean {
    const edge = this.#newer('edge', this.#edges.byId(incoming.ID), incoming);
    if (edge === undefined) return false;
    this.#replaceEdge(reviseEdge(edge, incoming.Metadata, incoming.UpdatedAt, incoming.Revision));
    return true;
  }

  applyNodePartiallyUpdated(
    id: string,
    revision: number,
    updatedAt: Millis,
    ops: readonly Operation[],
  ): boolean {
    const node = this.#newer('node', this.#nodes.byId(id), { ID: id, Revision: revision });
    if (node === undefined) return false;
    this.#replaceNode(reviseNode(node, applyOperations(node.Metadata, ops), updatedAt, revision), ops);
    return true;
  }

  applyEdgePartiallyUpdated(
    id: string,
    revision: number,
    updatedAt: Millis,
    ops: readonly Operation[],
  ): boolean {
    const edge = this.#newer('edge', this.#edges.byId(id), { ID: id, Revision: revision });
    if (edge === undefined) return false;
    this.#replaceEdge(reviseEdge(edge, applyOperations(edge.Metadata, ops), updatedAt, revision), ops);
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
    if (this.#nodes.handleOf(incoming.ID) < 0) throw notFound('node', incoming.ID);
    this.#removeNode(incoming);
  }

  applyEdgeDeleted(incoming: Edge): void {
    if (this.#edges.handleOf(incoming.ID) < 0) throw notFound('edge', incoming.ID);
    this.#removeEdge(incoming);
  }

  // Look-ups

  lookupNodes(filter: Filter = { kind: 'true' }): Node[] {
    return Array.from(selectAll(this.#nodes, filter), (handle) => this.#nodes.at(handle)!);
  }

  lookupFirstNode(filter: Filter = { kind: 'true' }): Node | undefined {
    if (planOf(this.#nodes, filter).access !== 'scan') {
      const [first] = selectAll(this.#nodes, filter);
      return first === undefined ? undefined : this.#nodes.at(first);
    }
    const matches = matcher('node', filter);
    for (const node of this.#nodes.all()) if (matches(node)) return node;
    return undefined;
  }

  /** Edges at a node, in either direction. */
  edgesOf(id: string, edgeFilter?: Filter): Edge[] {
    const handle = this.#nodes.handleOf(id);
    if (handle < 0) return [];
    const edges = Array.from(this.#adjacency.edgesOf(handle, 'both'), (edge) => this.#edges.at(edge)!);
    return edgeFilter === undefined ? edges : edges.filter(matcher('edge', edgeFilter));
  }

  /** Nodes at the other end of the edges where the node is Parent. */
  children(id: string, nodeFilter?: Filter, edgeFilter?: Filter): Node[] {
    return this.#neighbours(id, 'Parent', 'Child', nodeFilter, edgeFilter);
  }

  /** Nodes at the other end of the edges where the node is Child. */
  parents(id: string, nodeFilter?: Filter, edgeFilter?: Filter): Node[] {
    return this.#neighbours(id, 'Child', 'Parent', nodeFilter, edgeFilter);
  }

  #neighbours(
    id: string,
    own: 'Parent' | 'Child',
    other: 'Parent' | 'Child',
    nodeFilter: Filter | undefined,
    edgeFilter: Filter | undefined,
  ): Node[] {
    const found = new Set<Node>();
    const matches = matcher('node', nodeFilter);
    for (const edge of this.edgesOf(id, edgeFilter)) {
      if (edge[own] !== id) continue;
      const node = this.#nodes.byId(edge[other])!;
      if (matches(node)) found.add(node);
    }
    return [...found];
  }

  /** True when an edge that passes joins the two, in either direction. */
  areLinked(a: string, b: string, edgeFilter?: Filter): boolean {
    return this.#edgesBetween(a, b).some(matcher('edge', edgeFilter));
  }

  /** Some edge from parent to child that passes. */
  firstLink(parentId: string, childId: string, edgeFilter?: Filter): Edge | undefined {
    const matches = matcher('edge', edgeFilter);
    return this.#edgesBetween(parentId, childId).find((edge) => edge.Parent === parentId && matches(edge));
  }

  /** Looks at the node with fewer edges: a host has thousands, its interface a few. */
  #edgesBetween(a: string, b: string): Edge[] {
    const handleA = this.#nodes.handleOf(a);
    const handleB = this.#nodes.handleOf(b);
    if (handleA < 0 || handleB < 0) return [];
    const near = this.#adjacency.lesser(handleA, handleB) === handleA ? a : b;
    const far = near === a ? b : a;
    return this.edgesOf(near).filter(
      ({ Parent, Child }) => (Parent === near && Child === far) || (Parent === far && Child === near),
    );
  }

  // The changes themselves

  #insertNode(node: Node): void {
    this.#begin();
    this.#adjacency.addNode(this.#nodes.insert(node));
    this.#dispatcher.emit({ type: 'nodeAdded', node });
  }

  #insertEdge(given: Edge): Edge {
    const parent = this.#nodes.handleOf(given.Parent);
    const child = this.#nodes.handleOf(given.Child);
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
      this.#nodes.at(parent)!.ID,
      this.#nodes.at(child)!.ID,
    );
    this.#adjacency.addEdge(this.#edges.insert(edge), parent, child);
    this.#dispatcher.emit({ type: 'edgeAdded', edge });
    return edge;
  }

  #replaceNode(node: Node, ops?: readonly Operation[]): void {
    this.#begin();
    const handle = this.#nodes.handleOf(node.ID);
    const previous = this.#nodes.at(handle)!;
    this.#nodes.replace(handle, node);
    this.#dispatcher.emit({ type: 'nodeUpdated', node, previous, ...(ops && { ops }) });
  }

  #replaceEdge(edge: Edge, ops?: readonly Operation[]): void {
    this.#begin();
    const handle = this.#edges.handleOf(edge.ID);
    const previous = this.#edges.at(handle)!;
    this.#edges.replace(handle, edge);
    this.#dispatcher.emit({ type: 'edgeUpdated', edge, previous, ...(ops && { ops }) });
  }

  /** Removes the edges of the node, then the node itself; `node` and its DeletedAt are what listeners are told. */
  #removeNode(node: Node): void {
    const deletedAt = node.DeletedAt ?? this.#now();
    for (const { ID } of this.edgesOf(node.ID)) {
      // A listener may have deleted it meanwhile.
      const edge = this.#edges.byId(ID);
      if (edge !== undefined) this.#removeEdge(deletedEdge(edge, deletedAt));
    }
    const handle = this.#nodes.handleOf(node.ID);
    if (handle < 0) return;
    // Edges that listeners added while the others went.
    if (this.edgesOf(node.ID).length > 0) {
      this.#removeNode(node);
      return;
    }
    this.#begin();
    this.#nodes.remove(handle);
    this.#dispatcher.emit({ type: 'nodeDeleted', node });
  }

  #removeEdge(edge: Edge): void {
    this.#begin();
    const handle = this.#edges.handleOf(edge.ID);
    for (const moment of this.#moments) moment.edgeGoes(handle);
    this.#edges.remove(handle);
    this.#adjacency.removeEdge(handle);
    this.#dispatcher.emit({ type: 'edgeDeleted', edge });
  }

  /** Before every change: refuses it while too many events wait, and ends the present moment. */
  #begin(): void {
    this.#dispatcher.admit();
    this.#present = undefined;
  }
}

function matcher(kind: ElementKind, filter: Filter | undefined): Matcher {
  return filter === undefined ? () => true : compiled(kind, filter);
}

function duplicate(kind: ElementKind, id: string): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_DUPLICATE', `${kind} ${id} exists already: update or delete it first`);
}

function notFound(kind: ElementKind, id: string, role = ''): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_NOT_FOUND', `${kind} ${id}${role} is not in the graph`);
}
