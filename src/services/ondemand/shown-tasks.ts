// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Node } from '../../graph/element.js';
import type { TaskKind } from './message.js';

/** Metadata in which nodes show the tasks that run on them. */
const keyOf: Readonly<Record<TaskKind, string>> = {
  Capture: 'Captures',
  PacketInjection: 'PacketInjections',
};

/** Which tasks the nodes of the graph show, and in which state. */
export class ShownTasks {
  readonly #key: string;
  /** Node → task → `State`. */
  readonly #byNode = new Map<string, ReadonlyMap<string, string>>();
  readonly #nodes = new Map<string, Set<string>>();

  constructor(kind: TaskKind) {
    this.#key = keyOf[kind];
  }

  /** Takes in what a node shows now. True when tasks came, went or changed their state. */
  look(node: Node): boolean {
    const before = this.#byNode.get(node.ID);
    const list = node.Metadata[this.#key];
    if (before === undefined && list === undefined) return false;
    const now = new Map<string, string>();
    for (const entry of Array.isArray(list) ? (list as readonly (MetadataMap | null)[]) : []) {
      if (typeof entry?.['ID'] === 'string') now.set(entry['ID'], String(entry['State'] ?? ''));
    }
    if (same(before, now)) return false;
    this.forget(node.ID);
    if (now.size > 0) this.#byNode.set(node.ID, now);
    for (const id of now.keys()) {
      const nodes = this.#nodes.get(id) ?? new Set();
      this.#nodes.set(id, nodes.add(node.ID));
    }
    return true;
  }

  forget(nodeId: string): void {
    for (const id of this.#byNode.get(nodeId)?.keys() ?? []) {
      const nodes = this.#nodes.get(id);
      nodes?.delete(nodeId);
      if (nodes?.size === 0) this.#nodes.delete(id);
    }
    this.#byNode.delete(nodeId);
  }

  /** Undefined when the node does not show the task. */
  state(nodeId: string, id: string): string | undefined {
    return this.#byNode.get(nodeId)?.get(id);
  }

  /** The tasks that any node shows. */
  ids(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  nodesWith(id: string): readonly string[] {
    return [...(this.#nodes.get(id) ?? [])];
  }
}

function same(before: ReadonlyMap<string, string> | undefined, now: ReadonlyMap<string, string>): boolean {
  if ((before?.size ?? 0) !== now.size) return false;
  for (const [id, state] of now) if (before?.get(id) !== state) return false;
  return true;
}
