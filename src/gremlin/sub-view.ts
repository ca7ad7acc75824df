// SPDX-License-Identifier: Apache-2.0

import type { Edge, ElementKind, Node } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';
import type { Direction, GraphView, Handle, ViewContext } from '../graph/view.js';
import { HandleSet } from './handles.js';

/**
 * Some nodes and edges of a view as a graph of its own: nothing is copied, the handles are the same. It is live only,
 * whatever it was taken from. Not for slices, where one ID has several handles.
 */
export class SubView implements GraphView {
  readonly context: ViewContext = { kind: 'live' };
  readonly #view: GraphView;
  readonly #nodes: Uint32Array;
  readonly #edges: Uint32Array;
  #nodeSet: HandleSet | undefined;
  #edgeSet: HandleSet | undefined;

  constructor(view: GraphView, nodes: Uint32Array, edges: Uint32Array) {
    this.#view = view;
    this.#nodes = nodes;
    this.#edges = edges;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  get edgeCount(): number {
    return this.#edges.length;
  }

  nodes(): Uint32Array {
    return this.#nodes.slice();
  }

  edges(): Uint32Array {
    return this.#edges.slice();
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
    if (kind === 'node') this.#nodeSet ??= setOf(this.#nodes);
    else this.#edgeSet ??= setOf(this.#edges);
    return (kind === 'node' ? this.#nodeSet : this.#edgeSet)!.has(handle) ? handle : -1;
  }
}

function setOf(handles: Uint32Array): HandleSet {
  const set = new HandleSet();
  for (const handle of handles) set.add(handle);
  return set;
}
