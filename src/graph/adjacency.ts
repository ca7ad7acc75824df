// SPDX-License-Identifier: Apache-2.0

import { growInt32 } from './growable.js';
import type { Direction, Handle } from './view.js';

const none = -1;
const noEdges = new Uint32Array(0);

/**
 * Which edges meet at which node, as linked lists threaded through integer arrays: adding and removing an edge is
 * O(1) and allocates nothing. The ends of a removed edge stay readable until its handle is used again.
 */
export class Adjacency {
  #headOut = new Int32Array(0);
  #headIn = new Int32Array(0);
  #parent = new Int32Array(0);
  #child = new Int32Array(0);
  #nextOut = new Int32Array(0);
  #previousOut = new Int32Array(0);
  #nextIn = new Int32Array(0);
  #previousIn = new Int32Array(0);

  parentOf(edge: Handle): Handle {
    return this.#parent[edge]!;
  }

  childOf(edge: Handle): Handle {
    return this.#child[edge]!;
  }

  addNode(node: Handle): void {
    this.#headOut = growInt32(this.#headOut, node, none);
    this.#headIn = growInt32(this.#headIn, node, none);
    this.#headOut[node] = none;
    this.#headIn[node] = none;
  }

  addEdge(edge: Handle, parent: Handle, child: Handle): void {
    this.#growEdges(edge);
    this.#parent[edge] = parent;
    this.#child[edge] = child;
    const firstOut = this.#headOut[parent]!;
    this.#nextOut[edge] = firstOut;
    this.#previousOut[edge] = none;
    if (firstOut !== none) this.#previousOut[firstOut] = edge;
    this.#headOut[parent] = edge;
    const firstIn = this.#headIn[child]!;
    this.#nextIn[edge] = firstIn;
    this.#previousIn[edge] = none;
    if (firstIn !== none) this.#previousIn[firstIn] = edge;
    this.#headIn[child] = edge;
  }

  removeEdge(edge: Handle): void {
    const nextOut = this.#nextOut[edge]!;
    const previousOut = this.#previousOut[edge]!;
    if (previousOut === none) this.#headOut[this.#parent[edge]!] = nextOut;
    else this.#nextOut[previousOut] = nextOut;
    if (nextOut !== none) this.#previousOut[nextOut] = previousOut;
    const nextIn = this.#nextIn[edge]!;
    const previousIn = this.#previousIn[edge]!;
    if (previousIn === none) this.#headIn[this.#child[edge]!] = nextIn;
    else this.#nextIn[previousIn] = nextIn;
    if (nextIn !== none) this.#previousIn[nextIn] = previousIn;
  }

  #growEdges(edge: Handle): void {
    this.#parent = growInt32(this.#parent, edge, none);
    this.#child = growInt32(this.#child, edge, none);
    this.#nextOut = growInt32(this.#nextOut, edge, none);
    this.#previousOut = growInt32(this.#previousOut, edge, none);
    this.#nextIn = growInt32(this.#nextIn, edge, none);
    this.#previousIn = growInt32(this.#previousIn, edge, none);
  }

  /** The edges at a node, newest first; a self loop comes once. */
  edgesOf(node: Handle, direction: Direction): Uint32Array {
    const outgoing = direction !== 'in';
    const incoming = direction !== 'out';
    let count = 0;
    // Once to count, once to fill: lists are short and this is what walks over the graph are made of.
    if (outgoing) {
      for (let edge = this.#headOut[node]!; edge !== none; edge = this.#nextOut[edge]!) count++;
    }
    if (incoming) {
      for (let edge = this.#headIn[node]!; edge !== none; edge = this.#nextIn[edge]!) {
        if (!outgoing || this.#parent[edge] !== node) count++;
      }
    }
    if (count === 0) return noEdges;
    const edges = new Uint32Array(count);
    let length = 0;
    if (outgoing) {
      for (let edge = this.#headOut[node]!; edge !== none; edge = this.#nextOut[edge]!)
        edges[length++] = edge;
    }
    if (incoming) {
      for (let edge = this.#headIn[node]!; edge !== none; edge = this.#nextIn[edge]!) {
        if (!outgoing || this.#parent[edge] !== node) edges[length++] = edge;
      }
    }
    return edges;
  }

  /** The other ends of the edges at each of the nodes, repeats kept; a self loop leads to its node once. */
  neighbours(nodes: Uint32Array, direction: Direction): Uint32Array {
    const outgoing = direction !== 'in';
    const incoming = direction !== 'out';
    const nextOut = this.#nextOut;
    const nextIn = this.#nextIn;
    const parents = this.#parent;
    let ends = new Uint32Array(2 * nodes.length + 16);
    let length = 0;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      if (outgoing) {
        for (let edge = this.#headOut[node]!; edge !== none; edge = nextOut[edge]!) {
          if (length === ends.length) ends = doubled(ends);
          ends[length++] = this.#child[edge]!;
        }
      }
      if (!incoming) continue;
      for (let edge = this.#headIn[node]!; edge !== none; edge = nextIn[edge]!) {
        if (outgoing && parents[edge] === node) continue;
        if (length === ends.length) ends = doubled(ends);
        ends[length++] = parents[edge]!;
      }
    }
    return ends.subarray(0, length);
  }

  /** The one of two nodes that has fewer edges, found by walking as far as that one's reach. */
  lesser(a: Handle, b: Handle): Handle {
    const ofA = new EdgeCursor(this.#headOut[a]!, this.#headIn[a]!, this.#nextOut, this.#nextIn);
    const ofB = new EdgeCursor(this.#headOut[b]!, this.#headIn[b]!, this.#nextOut, this.#nextIn);
    for (;;) {
      if (!ofA.advance()) return a;
      if (!ofB.advance()) return b;
    }
  }
}

/** Walks over the edges out of a node, then over those into it. */
class EdgeCursor {
  #out: Handle;
  #in: Handle;
  readonly #nextOut: Int32Array;
  readonly #nextIn: Int32Array;

  constructor(headOut: Handle, headIn: Handle, nextOut: Int32Array, nextIn: Int32Array) {
    this.#out = headOut;
    this.#in = headIn;
    this.#nextOut = nextOut;
    this.#nextIn = nextIn;
  }

  /** False at the end. */
  advance(): boolean {
    if (this.#out !== none) this.#out = this.#nextOut[this.#out]!;
    else if (this.#in !== none) this.#in = this.#nextIn[this.#in]!;
    else return false;
    return true;
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
