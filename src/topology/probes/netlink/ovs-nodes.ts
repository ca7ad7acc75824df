// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Node } from '../../../graph/element.js';
import type { GraphEvent } from '../../../graph/event.js';
import type { Graph } from '../../../graph/graph.js';

function keyOf({ UUID, Name, IfIndex }: MetadataMap): string | undefined {
  return typeof UUID === 'string' && typeof Name === 'string' && typeof IfIndex === 'number'
    ? `${IfIndex} ${Name}`
    : undefined;
}

/**
 * Finds the node that Open vSwitch made for an interface: any node of the graph with a `UUID` and that name and
 * index. The original looked through the whole graph for each interface, and took the first `eth0` of any namespace.
 */
export class OvsNodes {
  readonly #ids = new Map<string, string>();
  readonly #graph: Graph;
  readonly #off: () => void;

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const node of graph.nodes()) this.#note(node.Metadata, node.ID);
    this.#off = graph.on((event) => this.#onEvent(event));
  }

  /** Not one that has another address. */
  find(name: string, index: number, mac?: string): Node | undefined {
    const id = this.#ids.get(`${index} ${name}`);
    const node = id === undefined ? undefined : this.#graph.getNode(id);
    const known = node?.Metadata['MAC'];
    return known === undefined || mac === undefined || known === mac ? node : undefined;
  }

  close(): void {
    this.#off();
  }

  #onEvent(event: GraphEvent): void {
    if (event.type === 'nodeAdded') this.#note(event.node.Metadata, event.node.ID);
    else if (event.type === 'nodeDeleted') this.#forget(event.node.Metadata, event.node.ID);
    else if (event.type === 'nodeUpdated') {
      const before = keyOf(event.previous.Metadata);
      if (before === keyOf(event.node.Metadata)) return;
      this.#forget(event.previous.Metadata, event.node.ID);
      this.#note(event.node.Metadata, event.node.ID);
    }
  }

  #note(metadata: MetadataMap, id: string): void {
    const key = keyOf(metadata);
    if (key !== undefined) this.#ids.set(key, id);
  }

  #forget(metadata: MetadataMap, id: string): void {
    const key = keyOf(metadata);
    if (key !== undefined && this.#ids.get(key) === id) this.#ids.delete(key);
  }
}
