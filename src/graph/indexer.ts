// SPDX-License-Identifier: Apache-2.0

import { Dispatcher } from './dispatch.js';
import type { MetadataValue, Node } from './element.js';
import type { GraphEvent, GraphListener } from './event.js';
import type { Graph } from './graph.js';

/** Values that a node is found by: each entry is one list. */
export type Keys = readonly (readonly MetadataValue[])[];

/** Gives the keys of a node; none takes the node out of the index. */
export type KeysOf = (node: Node) => Keys;

interface Entry {
  node: Node;
  keys: ReadonlyMap<string, readonly MetadataValue[]>;
}

export interface IndexerOptions {
  /** Keys once entered stay until the node is deleted. */
  readonly appendOnly?: boolean;
}

/**
 * Finds nodes by values computed from them, kept up to date by the events of a graph. Has events of its own: a node is
 * added when it gets its first keys, updated while it has some, deleted when it has none any more.
 */
export class Indexer {
  protected readonly graph: Graph;
  readonly #keysOf: KeysOf;
  readonly #appendOnly: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #byKey = new Map<string, Set<string>>();
  readonly #dispatcher = new Dispatcher(Number.POSITIVE_INFINITY);
  #stop: (() => void) | undefined;

  constructor(graph: Graph, keysOf: KeysOf, options: IndexerOptions = {}) {
    this.graph = graph;
    this.#keysOf = keysOf;
    this.#appendOnly = options.appendOnly ?? false;
  }

  /** Follows the graph from now on; what is there already is entered by `sync`. */
  start(): void {
    this.#stop ??= this.graph.on((event) => this.#onEvent(event));
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  on(listener: GraphListener): () => void {
    return this.#dispatcher.on(listener);
  }

  /** Empties the index and enters every node of the graph anew, each with an event. */
  sync(): void {
    this.#entries.clear();
    this.#byKey.clear();
    for (const node of [...this.graph.nodes()]) this.#enter(node, node);
  }

  /** Nodes entered under exactly these values, in no order. */
  get(...values: readonly MetadataValue[]): Node[] {
    const ids = this.#byKey.get(keyText(values));
    return ids === undefined ? [] : Array.from(ids, (id) => this.#entries.get(id)!.node);
  }

  /** The keys that the node is entered under now. */
  keys(id: string): Keys {
    const entry = this.#entries.get(id);
    return entry === undefined ? [] : [...entry.keys.values()];
  }

  get size(): number {
    return this.#entries.size;
  }

  #onEvent(event: GraphEvent): void {
    if (event.type === 'nodeAdded') this.#enter(event.node, event.node);
    else if (event.type === 'nodeUpdated') this.#enter(event.node, event.previous);
    else if (event.type === 'nodeDeleted') this.#leave(event.node);
  }

  #enter(node: Node, previous: Node): void {
    const keys = new Map(this.#keysOf(node).map((values) => [keyText(values), values]));
    if (keys.size === 0) {
      this.#leave(node);
      return;
    }
    const known = this.#entries.get(node.ID);
    if (known !== undefined) {
      for (const [text, values] of known.keys) {
        if (this.#appendOnly) keys.set(text, values);
        else if (!keys.has(text)) this.#unlist(text, node.ID);
      }
    }
    this.#entries.set(node.ID, { node, keys });
    for (const text of keys.keys()) {
      const ids = this.#byKey.get(text);
      if (ids === undefined) this.#byKey.set(text, new Set([node.ID]));
      else ids.add(node.ID);
    }
    this.#dispatcher.emit(
      known === undefined ? { type: 'nodeAdded', node } : { type: 'nodeUpdated', node, previous },
    );
  }

  #leave(node: Node): void {
    const known = this.#entries.get(node.ID);
    if (known === undefined) return;
    this.#entries.delete(node.ID);
    for (const text of known.keys.keys()) this.#unlist(text, node.ID);
    this.#dispatcher.emit({ type: 'nodeDeleted', node });
  }

  #unlist(text: string, id: string): void {
    const ids = this.#byKey.get(text);
    ids?.delete(id);
    if (ids?.size === 0) this.#byKey.delete(text);
  }
}

/** One text for one list of values: a string and the number it reads as differ. */
function keyText(values: readonly MetadataValue[]): string {
  return JSON.stringify(values);
}
