// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';

/** Which nodes each origin has made: what a Sync replaces and a disconnect deletes, without a look at all nodes. */
export class OriginIndex {
  readonly #nodes = new Map<string, Set<string>>();
  readonly #stop: () => void;

  constructor(graph: Graph) {
    for (const node of graph.nodes()) this.#add(node.Origin, node.ID);
    this.#stop = graph.on((event) => {
      if (event.type === 'nodeAdded') this.#add(event.node.Origin, event.node.ID);
      // A peer's deletion carries the peer's own element, whose Origin may be another: look everywhere then.
      if (event.type === 'nodeDeleted') this.#delete(event.node.Origin, event.node.ID);
    });
  }

  /** IDs of the nodes of an origin, a copy. */
  nodesOf(origin: string): string[] {
    return [...(this.#nodes.get(origin) ?? [])];
  }

  origins(): string[] {
    return [...this.#nodes.keys()];
  }

  stop(): void {
    this.#stop();
  }

  #add(origin: string, id: string): void {
    const ids = this.#nodes.get(origin);
    if (ids === undefined) this.#nodes.set(origin, new Set([id]));
    else ids.add(id);
  }

  #delete(origin: string, id: string): void {
    if (this.#take(origin, id)) return;
    for (const other of this.#nodes.keys()) if (this.#take(other, id)) return;
  }

  #take(origin: string, id: string): boolean {
    const ids = this.#nodes.get(origin);
    if (ids === undefined || !ids.delete(id)) return false;
    if (ids.size === 0) this.#nodes.delete(origin);
    return true;
  }
}
