// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, ElementKind, Node } from './element.js';
import type { Filter } from './filter.js';
import type { Moment } from './moment.js';
import { elementThen, handlesThen, handleThen, selectThen } from './pinned.js';
import { type Plan, planOf } from './select.js';
import type { Direction, DistinctValues, GraphView, Handle, ViewContext } from './view.js';

/** The live graph as it was when the view was taken. */
export class LiveView implements GraphView {
  readonly context: ViewContext = { kind: 'live' };
  readonly #moment: Moment;
  #released = false;

  constructor(moment: Moment) {
    this.#moment = moment;
  }

  get nodeCount(): number {
    return this.#moment.nodePin.count;
  }

  get edgeCount(): number {
    return this.#moment.edgePin.count;
  }

  nodes(): Uint32Array {
    return handlesThen(this.#moment.nodes, this.#moment.nodePin);
  }

  edges(): Uint32Array {
    return handlesThen(this.#moment.edges, this.#moment.edgePin);
  }

  node(handle: Handle): Node {
    return known('node', handle, elementThen(this.#moment.nodes, this.#moment.nodePin, handle));
  }

  edge(handle: Handle): Edge {
    return known('edge', handle, elementThen(this.#moment.edges, this.#moment.edgePin, handle));
  }

  nodeById(id: string): Handle {
    return handleThen(this.#moment.nodes, this.#moment.nodePin, id);
  }

  edgeById(id: string): Handle {
    return handleThen(this.#moment.edges, this.#moment.edgePin, id);
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    return this.#moment.edgesOf(node, direction);
  }

  neighbours(nodes: Uint32Array, direction: Direction): Uint32Array {
    return this.#moment.neighbours(nodes, direction);
  }

  parentOf(edge: Handle): Handle {
    return this.#moment.adjacency.parentOf(edge);
  }

  childOf(edge: Handle): Handle {
    return this.#moment.adjacency.childOf(edge);
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    const { nodes, nodePin, edges, edgePin } = this.#moment;
    return kind === 'node'
      ? selectThen(nodes, nodePin, filter, among)
      : selectThen(edges, edgePin, filter, among);
  }

  valuesOf(kind: ElementKind, key: string): DistinctValues | undefined {
    return (kind === 'node' ? this.#moment.nodes : this.#moment.edges).column(key);
  }

  plan(kind: ElementKind, filter: Filter): Plan {
    return planOf(kind === 'node' ? this.#moment.nodes : this.#moment.edges, filter);
  }

  isInOrder(kind: ElementKind, handles: Uint32Array): boolean {
    const { inOrderTo } = kind === 'node' ? this.#moment.nodes : this.#moment.edges;
    let before = 0;
    for (let i = 0; i < handles.length; i++) {
      const handle = handles[i]!;
      if (handle < before || handle >= inOrderTo) return false;
      before = handle;
    }
    return true;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#moment.release();
  }
}

function known<T>(kind: ElementKind, handle: Handle, element: T | undefined): T {
  if (element !== undefined) return element;
  throw new SkydiveError('SKY_E_INTERNAL', `no ${kind} has handle ${handle} in this view`);
}
