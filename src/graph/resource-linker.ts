// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Node } from './element.js';
import type { GraphEvent, GraphListener } from './event.js';
import type { Graph, NewEdge } from './graph.js';
import { filterOfMap } from './match.js';
import { sameValue } from './metadata.js';

/** Whoever has node events: the graph itself or an index of it. */
export interface EventSource {
  on(listener: GraphListener): () => void;
}

/** An edge that should be there; its metadata gets that of the linker. */
export type WantedEdge = NewEdge & { readonly ID: string };

export interface LinkerOptions {
  /** Sources of the nodes that the edges lead from, and to. */
  readonly from: readonly EventSource[];
  readonly to: readonly EventSource[];
  /** The edges that should lead from (to) a node. */
  readonly edgesFrom?: (node: Node) => readonly WantedEdge[];
  readonly edgesTo?: (node: Node) => readonly WantedEdge[];
  /** Part of every edge of this linker, and how it tells its edges from others. */
  readonly metadata: MetadataMap;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps the edges between two kinds of nodes as two functions want them: missing ones are added, changed ones get
 * their metadata, surplus ones are deleted if this linker made them.
 */
export class ResourceLinker {
  readonly #graph: Graph;
  readonly #options: LinkerOptions;
  readonly #made = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(graph: Graph, options: LinkerOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  start(): void {
    const { from, to, edgesFrom, edgesTo } = this.#options;
    this.#stops.push(
      this.#graph.on((event) => {
        if (event.type === 'edgeDeleted') this.#made.delete(event.edge.ID);
      }),
    );
    if (edgesFrom) for (const source of from) this.#follow(source, 'Parent', edgesFrom);
    if (edgesTo) for (const source of to) this.#follow(source, 'Child', edgesTo);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #follow(source: EventSource, end: 'Parent' | 'Child', wanted: (node: Node) => readonly WantedEdge[]): void {
    const follow = (event: GraphEvent) => {
      if (!('node' in event)) return;
      try {
        this.#reconcile(event.node, end, event.type === 'nodeDeleted' ? [] : wanted(event.node));
      } catch (error) {
        this.#options.onError(error);
      }
    };
    this.#stops.push(source.on(follow));
  }

  #reconcile(node: Node, end: 'Parent' | 'Child', wanted: readonly WantedEdge[]): void {
    const { metadata } = this.#options;
    const surplus = new Set<string>();
    for (const edge of this.#graph.edgesOf(node.ID, filterOfMap(metadata))) {
      if (edge[end] === node.ID) surplus.add(edge.ID);
    }
    for (const edge of wanted) {
      surplus.delete(edge.ID);
      this.#ensure({ ...edge, Metadata: { ...edge.Metadata, ...metadata } });
    }
    for (const id of surplus) if (this.#made.has(id)) this.#graph.deleteEdge(id);
  }

  #ensure(wanted: WantedEdge): void {
    const known = this.#graph.getEdge(wanted.ID);
    try {
      if (known === undefined) {
        this.#graph.addEdge(wanted);
        this.#made.add(wanted.ID);
      } else if (!sameValue(known.Metadata, wanted.Metadata)) {
        this.#graph.setMetadata('edge', wanted.ID, wanted.Metadata ?? {});
      }
    } catch (error) {
      // One edge that cannot be made, for example as its other end is gone, does not keep the others away.
      this.#options.onError(error);
    }
  }
}
