// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';

/** One interface of type `patch`. */
export interface PatchPort {
  readonly name: string;
  /** Name of the other end; empty while there is none. */
  readonly peer: string;
  readonly nodeId: string;
}

/**
 * The edges between patch ports: layer2 with the type `patch`, one for a pair, whichever of them names the other. The
 * name that comes first is the parent, so that the edge is the same after every start.
 */
export class PatchLinks {
  readonly #graph: Graph;
  readonly #ports = new Map<string, PatchPort>();
  /** Name → ports whose peer has that name. */
  readonly #naming = new Map<string, Set<string>>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  put(port: PatchPort): void {
    const before = this.#ports.get(port.name);
    if (before?.peer === port.peer && before.nodeId === port.nodeId) return;
    if (before !== undefined) this.remove(port.name);
    this.#ports.set(port.name, port);
    const naming = this.#naming.get(port.peer) ?? new Set();
    this.#naming.set(port.peer, naming.add(port.name));
    for (const other of this.#others(port)) this.#join(port, other);
  }

  /** Its node may be gone already. */
  remove(name: string): void {
    const port = this.#ports.get(name);
    if (port === undefined) return;
    const others = this.#others(port);
    this.#ports.delete(name);
    const naming = this.#naming.get(port.peer);
    naming?.delete(name);
    if (naming?.size === 0) this.#naming.delete(port.peer);
    for (const other of others) this.#part(port, other);
  }

  #others({ name, peer }: PatchPort): PatchPort[] {
    const names = new Set([peer, ...(this.#naming.get(name) ?? [])]);
    names.delete(name);
    return [...names].map((other) => this.#ports.get(other)).filter((other) => other !== undefined);
  }

  #join(a: PatchPort, b: PatchPort): void {
    if (this.#graph.getNode(a.nodeId) === undefined || this.#graph.getNode(b.nodeId) === undefined) return;
    const [parent, child] = a.name < b.name ? [a, b] : [b, a];
    this.#graph.addTopologyLink(parent.nodeId, child.nodeId, relation.layer2, { Type: 'patch' });
  }

  #part(a: PatchPort, b: PatchPort): void {
    const patch = { kind: 'term', key: 'Type', value: 'patch' } as const;
    for (const [parent, child] of [
      [a, b],
      [b, a],
    ] as const) {
      const edge = this.#graph.firstLink(parent.nodeId, child.nodeId, patch);
      if (edge !== undefined) this.#graph.deleteEdge(edge.ID);
    }
  }
}
