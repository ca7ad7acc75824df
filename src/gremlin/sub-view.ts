// SPDX-License-Identifier: Apache-2.0

import type { Edge, ElementKind, Node } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';
import type { Direction, GraphView, Handle, ViewContext } from '../graph/view.js';
import type { HandleSet } from './handles.js';

/**
 * Some nodes and edges of a view as a graph of its own: nothing is copied, the handles are the same. It is live only,
 * whatever it was taken from. Not for slices, where one ID has several handles.
 */
export class SubView implements GraphView {
  readonly context: ViewContext = { kind: 'live' };
  readonly #view: GraphView;
  readonly #nodes: Uint32Array;
  readonly #edges: Uint32Array;
  readonly #nodeSet: HandleSet;
  readonly #edgeSet: HandleSet;

  /** The sets hold what the arrays list. */
  constructor(
    view: GraphView,
    nodes: Uint32Array,
    nodeSet: HandleSet,
    edges: Uint32Array,
    edgeSet: HandleSet,
  ) {
    this.#view = view;
    this.#nodes = nodes;
    this.#nodeSet = nodeSet;
    this.#edges = edges;
    this.#edgeSet = edgeSet;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  get edgeCount(): number {
    return this.#edges.length;
  }

  nodes(): Uint32Array {
    return this.#nodes;
  }

  edges(): Uint32Array {
    return this.#edges;
  }

  node(handle: Handle): Node {
    return this.#view.node(handle);
  }

  edge(handle: Handle): Edge {
    return this.#view.edge(handle);
  }

  nodeById(id: string): Handle {
    return this.#within('node', this.#view.nodeById(id));
  }

  edgeById(id: string): Handle {
    return this.#within('edge', this.#view.edgeById(id));
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    return this.#view.edgesOf(node, direction).filter((edge) => this.#within('edge', edge) >= 0);
  }

  parentOf(edge: Handle): Handle {
    return this.#within('node', this.#view.parentOf(edge));
  }

  childOf(edge: Handle): Handle {
    return this.#within('node', this.#view.childOf(edge));
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    return this.#view.select(kind, filter, among ?? (kind === 'node' ? this.#nodes : this.#edges));
  }

  plan(
    kind: ElementKind,
    filter: Filter,
  ): { readonly access: 'index' | 'column' | 'scan'; readonly key?: string; readonly candidates: number } {
    const candidates = kind === 'node' ? this.nodeCount : this.edgeCount;
    return { ...this.#view.plan(kind, filter), candidates };
  }

  release(): void {}

  #within(kind: ElementKind, handle: Handle): Handle {
    if (handle < 0) return -1;
    return (kind === 'node' ? this.#nodeSet : this.#edgeSet).has(handle) ? handle : -1;
  }
}
