// SPDX-License-Identifier: Apache-2.0

import type { Direction, Handle } from '../../graph/view.js';
import type { Part } from './part.js';

/** Edges at each node, packed: those of node n are `edges[from[n]]` to `edges[from[n + 1] - 1]`. */
interface Incidence {
  readonly from: Uint32Array;
  readonly edges: Uint32Array;
}

/** How the edges of a view join its nodes; worked out when a query first asks. */
export class Ends {
  readonly #parts: readonly Part[];
  readonly #nodeById: (id: string) => Handle;
  #known: { parents: Int32Array; children: Int32Array; whole: Uint32Array } | undefined;
  #out: Incidence | undefined;
  #in: Incidence | undefined;

  constructor(parts: readonly Part[], nodeById: (id: string) => Handle) {
    this.#parts = parts;
    this.#nodeById = nodeById;
  }

  /** Node handles by edge handle, -1 where the node was not there. */
  get parents(): Int32Array {
    return this.#resolve().parents;
  }

  get children(): Int32Array {
    return this.#resolve().children;
  }

  /** Edges with both ends there. */
  get whole(): Uint32Array {
    return this.#resolve().whole;
  }

  isWhole(edge: Handle): boolean {
    return this.parents[edge]! >= 0 && this.children[edge]! >= 0;
  }

  edgesOf(node: Handle, direction: Direction, nodeCount: number): Uint32Array {
    if (direction === 'out') {
      this.#out ??= this.#incidence(this.parents, nodeCount);
      return edgesAt(this.#out, node);
    }
    if (direction === 'in') {
      this.#in ??= this.#incidence(this.children, nodeCount);
      return edgesAt(this.#in, node);
    }
    const out = this.edgesOf(node, 'out', nodeCount);
    const { parents } = this;
    const others = this.edgesOf(node, 'in', nodeCount).filter((edge) => parents[edge] !== node);
    const both = new Uint32Array(out.length + others.length);
    both.set(out);
    both.set(others, out.length);
    return both;
  }

  #resolve(): { parents: Int32Array; children: Int32Array; whole: Uint32Array } {
    if (this.#known !== undefined) return this.#known;
    const count = this.#parts.reduce((sum, part) => sum + part.ordinals.edge.length, 0);
    const parents = new Int32Array(count).fill(-1);
    const children = new Int32Array(count).fill(-1);
    const whole = new Uint32Array(count);
    let wholeCount = 0;
    let edge = 0;
    let firstNode = 0;
    for (const part of this.#parts) {
      const handleOf = this.#handles(part, firstNode);
      // The ends of a lifetime never change.
      const ends = part.window.lifetimes;
      for (const ordinal of part.ordinals.edge) {
        parents[edge] = handleOf(ends.parents[ordinal]!);
        children[edge] = handleOf(ends.children[ordinal]!);
        if (parents[edge]! >= 0 && children[edge]! >= 0) whole[wholeCount++] = edge;
        edge++;
      }
      firstNode += part.ordinals.node.length;
    }
    this.#known = { parents, children, whole: whole.slice(0, wholeCount) };
    return this.#known;
  }

  /** Handle of a node by its ordinal within a part. */
  #handles(part: Part, firstNode: number): (ordinal: number) => Handle {
    const { node } = part.ordinals;
    const handles = new Int32Array(part.limit).fill(-1);
    for (let place = 0; place < node.length; place++) handles[node[place]!] = firstNode + place;
    return (ordinal) => {
      const handle = ordinal < 0 ? -1 : (handles[ordinal] ?? -1);
      // The end may be another lifetime of that ID, or one of an earlier window.
      if (handle >= 0 || ordinal < 0) return handle;
      return this.#nodeById(part.idOf(ordinal));
    };
  }

  #incidence(ends: Int32Array, nodeCount: number): Incidence {
    const from = new Uint32Array(nodeCount + 1);
    for (const edge of this.whole) from[ends[edge]! + 1]!++;
    for (let node = 0; node < nodeCount; node++) from[node + 1]! += from[node]!;
    const next = from.slice();
    const edges = new Uint32Array(this.whole.length);
    for (const edge of this.whole) edges[next[ends[edge]!]!++] = edge;
    return { from, edges };
  }
}

function edgesAt({ from, edges }: Incidence, node: Handle): Uint32Array {
  return edges.slice(from[node] ?? 0, from[node + 1] ?? 0);
}
