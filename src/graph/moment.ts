// SPDX-License-Identifier: Apache-2.0

import type { Adjacency } from './adjacency.js';
import type { Edge, Node } from './element.js';
import type { ElementStore, StorePin } from './store.js';
import type { Direction, Handle } from './view.js';

/**
 * One moment of the live graph, shared by the views taken at it. Changes write what they replace into the pins; the
 * moment ends when its last view is released.
 */
export class Moment {
  readonly nodes: ElementStore<Node>;
  readonly edges: ElementStore<Edge>;
  readonly adjacency: Adjacency;
  readonly nodePin: StorePin<Node>;
  readonly edgePin: StorePin<Edge>;
  /** Edges of this moment that are gone, by the nodes they met. */
  readonly #goneOut = new Map<Handle, Handle[]>();
  readonly #goneIn = new Map<Handle, Handle[]>();
  readonly #onEnd: (moment: Moment) => void;
  #views = 0;

  constructor(
    nodes: ElementStore<Node>,
    edges: ElementStore<Edge>,
    adjacency: Adjacency,
    onEnd: (moment: Moment) => void,
  ) {
    this.nodes = nodes;
    this.edges = edges;
    this.adjacency = adjacency;
    this.nodePin = nodes.pin();
    this.edgePin = edges.pin();
    this.#onEnd = onEnd;
  }

  retain(): void {
    this.#views++;
  }

  release(): void {
    if (--this.#views > 0) return;
    this.nodes.unpin(this.nodePin);
    this.edges.unpin(this.edgePin);
    this.#onEnd(this);
  }

  /** To be told of each edge before it is removed. */
  edgeGoes(edge: Handle): void {
    if (!this.#hasEdge(edge)) return;
    append(this.#goneOut, this.adjacency.parentOf(edge), edge);
    append(this.#goneIn, this.adjacency.childOf(edge), edge);
  }

  #hasEdge(edge: Handle): boolean {
    const { limit, overlay } = this.edgePin;
    return edge < limit && (!overlay.has(edge) || overlay.get(edge) !== undefined);
  }

  /** No edge has come or gone since. */
  get #sameEdges(): boolean {
    return this.edgePin.overlay.size === 0 && this.edges.limit === this.edgePin.limit;
  }

  /** The nodes at the other ends of the edges of each node, repeats kept. */
  neighbours(nodes: Uint32Array, direction: Direction): Uint32Array {
    if (this.#sameEdges) return this.adjacency.neighbours(nodes, direction);
    const ends: Handle[] = [];
    for (const node of nodes) {
      for (const edge of this.edgesOf(node, direction)) {
        const parent = this.adjacency.parentOf(edge);
        ends.push(direction === 'in' || parent !== node ? parent : this.adjacency.childOf(edge));
      }
    }
    return Uint32Array.from(ends);
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    if (this.#sameEdges) return this.adjacency.edgesOf(node, direction);
    const then: Handle[] = [];
    // A node that is gone by now has lost its edges before.
    if (this.nodes.at(node) !== undefined) {
      for (const edge of this.adjacency.edgesOf(node, direction)) if (this.#hasEdge(edge)) then.push(edge);
    }
    if (direction !== 'in') then.push(...(this.#goneOut.get(node) ?? []));
    if (direction !== 'out') {
      for (const edge of this.#goneIn.get(node) ?? []) {
        if (direction === 'in' || this.adjacency.parentOf(edge) !== node) then.push(edge);
      }
    }
    return new Uint32Array(then);
  }
}

function append(map: Map<Handle, Handle[]>, key: Handle, value: Handle): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
