// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { Adjacency } from './adjacency.js';
import type { Edge, Element, ElementKind, Node } from './element.js';
import type { Filter } from './filter.js';
import { compile } from './match.js';
import type { Direction, GraphView, Handle, ViewContext } from './view.js';

/**
 * A view of given elements, for the past: it never changes. In a slice an ID may come with several revisions; the
 * edges of any revision of a node are those of its ID. Edges with an end that is not there are left out.
 */
export function snapshotView(
  context: ViewContext,
  nodes: readonly Node[],
  edges: readonly Edge[],
): GraphView {
  return new Snapshot(context, nodes, edges);
}

class Snapshot implements GraphView {
  readonly context: ViewContext;
  readonly #nodes: readonly Node[];
  readonly #edges: readonly Edge[];
  readonly #adjacency = new Adjacency();
  readonly #nodeHandles: Map<string, Handle>;
  readonly #edgeHandles: Map<string, Handle>;

  constructor(context: ViewContext, nodes: readonly Node[], edges: readonly Edge[]) {
    this.context = context;
    this.#nodes = nodes;
    this.#nodeHandles = lastRevisions(nodes);
    this.#edges = edges.filter(
      ({ Parent, Child }) => this.#nodeHandles.has(Parent) && this.#nodeHandles.has(Child),
    );
    this.#edgeHandles = lastRevisions(this.#edges);
    for (let node = 0; node < nodes.length; node++) this.#adjacency.addNode(node);
    this.#edges.forEach(({ Parent, Child }, edge) => {
      this.#adjacency.addEdge(edge, this.#nodeHandles.get(Parent)!, this.#nodeHandles.get(Child)!);
    });
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  get edgeCount(): number {
    return this.#edges.length;
  }

  nodes(): Uint32Array {
    return Uint32Array.from(this.#nodes.keys());
  }

  edges(): Uint32Array {
    return Uint32Array.from(this.#edges.keys());
  }

  node(handle: Handle): Node {
    return known('node', handle, this.#nodes[handle]);
  }

  edge(handle: Handle): Edge {
    return known('edge', handle, this.#edges[handle]);
  }

  nodeById(id: string): Handle {
    return this.#nodeHandles.get(id) ?? -1;
  }

  edgeById(id: string): Handle {
    return this.#edgeHandles.get(id) ?? -1;
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    const found: Handle[] = [];
    this.#adjacency.collect(this.#nodeHandles.get(this.node(node).ID)!, direction, found);
    return Uint32Array.from(found);
  }

  parentOf(edge: Handle): Handle {
    return this.#adjacency.parentOf(edge);
  }

  childOf(edge: Handle): Handle {
    return this.#adjacency.childOf(edge);
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    const elements: readonly Element[] = kind === 'node' ? this.#nodes : this.#edges;
    const matches = compile(kind, filter);
    return (among ?? Uint32Array.from(elements.keys())).filter((handle) => matches(elements[handle]!));
  }

  plan(kind: ElementKind, _filter: Filter): { access: 'index' | 'column' | 'scan'; candidates: number } {
    return { access: 'scan', candidates: kind === 'node' ? this.nodeCount : this.edgeCount };
  }

  release(): void {}
}

function lastRevisions(elements: readonly Element[]): Map<string, Handle> {
  const last = new Map<string, Handle>();
  elements.forEach((element, handle) => {
    const before = last.get(element.ID);
    if (before === undefined || elements[before]!.Revision <= element.Revision) last.set(element.ID, handle);
  });
  return last;
}

function known<T>(kind: ElementKind, handle: Handle, element: T | undefined): T {
  if (element !== undefined) return element;
  throw new SkydiveError('SKY_E_INTERNAL', `no ${kind} has handle ${handle} in this view`);
}
