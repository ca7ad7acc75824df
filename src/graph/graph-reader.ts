// SPDX-License-Identifier: Apache-2.0

import { Adjacency } from './adjacency.js';
import type { Edge, ElementKind, Node } from './element.js';
import type { Filter } from './filter.js';
import { compiled, type Matcher } from './match.js';
import { planOf, selectAll } from './select.js';
import { ElementStore } from './store.js';

/** The elements of a graph and the look-ups in them. */
export class GraphReader {
  protected readonly nodeStore: ElementStore<Node>;
  protected readonly edgeStore: ElementStore<Edge>;
  protected readonly adjacency = new Adjacency();

  /** Takes the keys that are kept as columns. */
  constructor(columns: { readonly node: readonly string[]; readonly edge: readonly string[] }) {
    this.nodeStore = new ElementStore('node', columns.node);
    this.edgeStore = new ElementStore('edge', columns.edge);
  }

  // By ID and all

  get nodeCount(): number {
    return this.nodeStore.count;
  }

  get edgeCount(): number {
    return this.edgeStore.count;
  }

  getNode(id: string): Node | undefined {
    return this.nodeStore.byId(id);
  }

  getEdge(id: string): Edge | undefined {
    return this.edgeStore.byId(id);
  }

  /** Every node; changes made while iterating may or may not be seen. */
  nodes(): Iterable<Node> {
    return this.nodeStore.all();
  }

  edges(): Iterable<Edge> {
    return this.edgeStore.all();
  }

  // By filter and by edges

  lookupNodes(filter: Filter = { kind: 'true' }): Node[] {
    return Array.from(selectAll(this.nodeStore, filter), (handle) => this.nodeStore.at(handle)!);
  }

  lookupFirstNode(filter: Filter = { kind: 'true' }): Node | undefined {
    if (planOf(this.nodeStore, filter).access !== 'scan') {
      const [first] = selectAll(this.nodeStore, filter);
      return first === undefined ? undefined : this.nodeStore.at(first);
    }
    const matches = matcher('node', filter);
    for (const node of this.nodeStore.all()) if (matches(node)) return node;
    return undefined;
  }

  /** Edges at a node, in either direction. */
  edgesOf(id: string, edgeFilter?: Filter): Edge[] {
    const handle = this.nodeStore.handleOf(id);
    if (handle < 0) return [];
    const edges = Array.from(this.adjacency.edgesOf(handle, 'both'), (edge) => this.edgeStore.at(edge)!);
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
      const node = this.nodeStore.byId(edge[other])!;
      if (matches(node)) found.add(node);
    }
    return [...found];
  }

  /** True when an edge that passes joins the two, in either direction. */
  areLinked(a: string, b: string, edgeFilter?: Filter): boolean {
    return this.edgesBetween(a, b).some(matcher('edge', edgeFilter));
  }

  /** Some edge from parent to child that passes. */
  firstLink(parentId: string, childId: string, edgeFilter?: Filter): Edge | undefined {
    const matches = matcher('edge', edgeFilter);
    return this.edgesBetween(parentId, childId).find((edge) => edge.Parent === parentId && matches(edge));
  }

  /** Looks at the node with fewer edges: a host has thousands, its interface a few. */
  protected edgesBetween(a: string, b: string): Edge[] {
    const handleA = this.nodeStore.handleOf(a);
    const handleB = this.nodeStore.handleOf(b);
    if (handleA < 0 || handleB < 0) return [];
    const near = this.adjacency.lesser(handleA, handleB) === handleA ? a : b;
    const far = near === a ? b : a;
    return this.edgesOf(near).filter(
      ({ Parent, Child }) => (Parent === near && Child === far) || (Parent === far && Child === near),
    );
  }
}

function matcher(kind: ElementKind, filter: Filter | undefined): Matcher {
  return filter === undefined ? () => true : compiled(kind, filter);
}
