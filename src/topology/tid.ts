// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataMap, Node } from '../graph/element.js';
import type { GraphEvent } from '../graph/event.js';
import type { Graph } from '../graph/graph.js';
import { v5 } from '../graph/ids.js';
import { relation } from '../graph/relation.js';
import type { Logger } from '../log/logger.js';

function text(metadata: MetadataMap, key: string): string | undefined {
  const value = metadata[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isOwnership(edge: Edge): boolean {
  return edge.Metadata['RelationType'] === relation.ownership;
}

/** OVS nodes are named by the database, wherever they hang. */
function isOvs(type: string): boolean {
  return type === 'ovsbridge' || type === 'ovsport';
}

/**
 * Gives nodes their `TID`, an identifier that is the same after each restart: it is made of names and of what owns
 * what (graph.md §15). Flows refer to nodes by it. Runs on agents only.
 */
export class TidMapper {
  readonly #graph: Graph;
  readonly #logger: Logger;
  #hostTid: string | undefined;
  #off: (() => void) | undefined;

  constructor(graph: Graph, logger: Logger) {
    this.#graph = graph;
    this.#logger = logger;
  }

  start(): void {
    this.#off ??= this.#graph.on((event) => this.#onEvent(event));
    for (const node of [...this.#graph.nodes()]) this.#onNode(node);
  }

  stop(): void {
    this.#off?.();
    this.#off = undefined;
  }

  #onEvent(event: GraphEvent): void {
    switch (event.type) {
      case 'nodeAdded':
      case 'nodeUpdated':
        this.#onNode(event.node);
        break;
      case 'edgeAdded':
      case 'edgeUpdated':
        if (isOwnership(event.edge)) this.#onOwned(event.edge);
        break;
      case 'edgeDeleted':
        if (isOwnership(event.edge)) this.#onDisowned(event.edge);
        break;
    }
  }

  #onNode(node: Node): void {
    const type = text(node.Metadata, 'Type');
    if (type === undefined) return;
    const present = text(node.Metadata, 'TID');
    if (present !== undefined) {
      if (type === 'host') this.#hostTid ??= present;
      return;
    }
    const tid = this.#tidOf(node, type);
    if (tid !== undefined) this.#set(node.ID, tid);
  }

  #tidOf(node: Node, type: string): string | undefined {
    const { Metadata } = node;
    if (type === 'host') {
      const name = text(Metadata, 'Name');
      if (name !== undefined) this.#hostTid = v5(name);
      return name === undefined ? undefined : this.#hostTid;
    }
    if (type === 'netns' || isOvs(type)) {
      const own = text(Metadata, type === 'netns' ? 'Path' : 'UUID');
      return own === undefined || this.#hostTid === undefined ? undefined : v5(this.#hostTid + own + type);
    }
    if (Metadata['Probe'] === 'fabric') return node.ID;
    const owners = this.#graph.parents(node.ID, undefined, {
      kind: 'term',
      key: 'RelationType',
      value: relation.ownership,
    });
    if (owners.length > 1) {
      this.#logger.warn(`node ${node.ID} has ${owners.length} owners: it gets no TID`);
      return undefined;
    }
    const owner = owners[0];
    return owner === undefined ? undefined : this.#ownedTid(owner, node, type);
  }

  #ownedTid(owner: Node, child: Node, type: string): string | undefined {
    const ownerTid = text(owner.Metadata, 'TID');
    const name = text(child.Metadata, type === 'netns' ? 'Path' : 'Name');
    return ownerTid === undefined || name === undefined ? undefined : v5(ownerTid + name + type);
  }

  #onOwned(edge: Edge): void {
    const owner = this.#graph.getNode(edge.Parent);
    const child = this.#graph.getNode(edge.Child);
    if (owner === undefined || child === undefined) return;
    const type = text(child.Metadata, 'Type');
    if (type === undefined || isOvs(type)) return;
    const tid = this.#ownedTid(owner, child, type);
    if (tid !== undefined) this.#set(child.ID, tid);
  }

  #onDisowned(edge: Edge): void {
    if (this.#graph.getNode(edge.Child) !== undefined) {
      this.#graph.update('node', edge.Child, { delete: ['TID'] });
    }
  }

  #set(id: string, tid: string): void {
    if (this.#graph.getNode(id) !== undefined) this.#graph.update('node', id, { set: { TID: tid } });
  }
}
