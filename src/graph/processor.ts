// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue, Node } from './element.js';
import type { Filter } from './filter.js';
import type { Graph } from './graph.js';
import { MetadataIndexer } from './metadata-indexer.js';

/** What to do with a node; true to be called again for the next one. */
export type NodeAction = (node: Node) => boolean;

/** A metadata index with actions that wait for nodes with certain values. */
export class Processor extends MetadataIndexer {
  readonly #actions = new Map<string, NodeAction[]>();

  constructor(graph: Graph, filter: Filter, paths: readonly string[]) {
    super(graph, filter, paths);
    this.on((event) => {
      if (event.type === 'nodeAdded' || event.type === 'nodeUpdated') this.#run(event.node);
    });
  }

  /** Runs the action on the nodes that have the values now and, while it asks for more, on those that get them. */
  doAction(action: NodeAction, ...values: readonly MetadataValue[]): void {
    for (const node of this.get(...values)) if (!action(node)) return;
    const key = JSON.stringify(values);
    this.#actions.set(key, [...(this.#actions.get(key) ?? []), action]);
  }

  /** Forgets the actions that wait for these values. */
  cancel(...values: readonly MetadataValue[]): void {
    this.#actions.delete(JSON.stringify(values));
  }

  #run(node: Node): void {
    for (const values of this.keys(node.ID)) {
      const key = JSON.stringify(values);
      const waiting = this.#actions.get(key);
      if (waiting === undefined) continue;
      const done = new Set(waiting.filter((action) => !action(node)));
      // An action may have added or cancelled others meanwhile.
      const left = (this.#actions.get(key) ?? []).filter((action) => !done.has(action));
      if (left.length === 0) this.#actions.delete(key);
      else this.#actions.set(key, left);
    }
  }
}
