// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { Adjacency } from './adjacency.js';
import { Column } from './column.js';
import type { Edge, Element, ElementKind, Node } from './element.js';
import { metadataPath } from './field.js';
import type { Filter } from './filter.js';
import { narrow, type Plan, planOf, selectAll, type Table } from './select.js';
import { TextIndex } from './text-index.js';
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
  const builder = new SnapshotBuilder(context);
  for (const node of nodes) builder.addNode(node);
  for (const edge of edges) builder.addEdge(edge);
  return builder.finish();
}

/** Takes the elements of a snapshot one by one, nodes before edges, so that the caller can pause between. */
export class SnapshotBuilder {
  readonly #context: ViewContext;
  readonly #nodes = new Revisions<Node>('node');
  readonly #edges = new Revisions<Edge>('edge');
  readonly #adjacency = new Adjacency();

  constructor(context: ViewContext) {
    this.#context = context;
  }

  addNode(node: Node): void {
    this.#adjacency.addNode(this.#nodes.add(node));
  }

  /** False when an end is not there: then the edge is left out. */
  addEdge(edge: Edge): boolean {
    const parent = this.#nodes.firstOf(edge.Parent);
    const child = this.#nodes.firstOf(edge.Child);
    if (parent < 0 || child < 0) return false;
    this.#adjacency.addEdge(this.#edges.add(edge), parent, child);
    return true;
  }

  finish(): GraphView {
    return new Snapshot(this.#context, this.#nodes, this.#edges, this.#adjacency);
  }
}

/** Columns that one snapshot builds at most. */
const maxColumns = 16;

/**
 * Elements by position, several revisions of an ID allowed. A key gets its column while it is asked for: each
 * selection that looks at some elements also enters about as many into the column, so that no call takes long and the
 * second query finds the column ready.
 */
class Revisions<T extends Element> implements Table {
  readonly kind: ElementKind;
  readonly #elements: T[] = [];
  /** Handle of the first revision that came, by ID. */
  readonly #first = new TextIndex((handle) => this.#elements[handle]!.ID);
  /** Further revisions by the first one's handle. */
  readonly #further = new Map<Handle, Handle[]>();
  readonly #columns = new Map<string, { readonly column: Column; entered: number }>();

  constructor(kind: ElementKind) {
    this.kind = kind;
  }

  add(element: T): Handle {
    const handle = this.#elements.length;
    const first = this.#first.find(element.ID);
    this.#elements.push(element);
    if (first < 0) this.#first.add(element.ID, handle);
    else {
      const further = this.#further.get(first);
      if (further === undefined) this.#further.set(first, [handle]);
      else further.push(handle);
    }
    return handle;
  }

  get limit(): number {
    return this.#elements.length;
  }

  get count(): number {
    return this.#elements.length;
  }

  at(handle: Handle): T | undefined {
    return this.#elements[handle];
  }

  handles(): Uint32Array {
    return Uint32Array.from(this.#elements.keys());
  }

  firstOf(id: string): Handle {
    return this.#first.find(id);
  }

  handlesOf(id: string): Uint32Array {
    const first = this.#first.find(id);
    return first < 0 ? new Uint32Array(0) : Uint32Array.of(first, ...(this.#further.get(first) ?? []));
  }

  lastOf(id: string): Handle {
    return this.handlesOf(id).reduce((last, handle) => {
      const isNewer = last < 0 || this.#elements[handle]!.Revision >= this.#elements[last]!.Revision;
      return isNewer ? handle : last;
    }, -1);
  }

  column(key: string): Column | undefined {
    const known = this.#columns.get(metadataPath(key));
    return known !== undefined && known.entered === this.#elements.length ? known.column : undefined;
  }

  /** To be told of each selection and how many elements it looked at. */
  asks(filter: Filter, looked: number): void {
    if (filter.kind === 'true') return;
    if (filter.kind === 'and' || filter.kind === 'or') {
      for (const inner of filter.filters) this.asks(inner, looked);
    } else if (filter.kind === 'not') this.asks(filter.filter, looked);
    else this.#enter(metadataPath(filter.key), looked);
  }

  #enter(path: string, count: number): void {
    let building = this.#columns.get(path);
    if (building === undefined) {
      if (this.#columns.size >= maxColumns || path === '@ID') return;
      building = { column: new Column(path), entered: 0 };
      this.#columns.set(path, building);
    }
    const end = Math.min(this.#elements.length, building.entered + count);
    for (; building.entered < end; building.entered++) {
      building.column.insert(building.entered, this.#elements[building.entered]!);
    }
  }
}

class Snapshot implements GraphView {
  readonly context: ViewContext;
  readonly #nodes: Revisions<Node>;
  readonly #edges: Revisions<Edge>;
  readonly #adjacency: Adjacency;

  constructor(context: ViewContext, nodes: Revisions<Node>, edges: Revisions<Edge>, adjacency: Adjacency) {
    this.context = context;
    this.#nodes = nodes;
    this.#edges = edges;
    this.#adjacency = adjacency;
  }

  get nodeCount(): number {
    return this.#nodes.count;
  }

  get edgeCount(): number {
    return this.#edges.count;
  }

  nodes(): Uint32Array {
    return this.#nodes.handles();
  }

  edges(): Uint32Array {
    return this.#edges.handles();
  }

  node(handle: Handle): Node {
    return known('node', handle, this.#nodes.at(handle));
  }

  edge(handle: Handle): Edge {
    return known('edge', handle, this.#edges.at(handle));
  }

  nodeById(id: string): Handle {
    return this.#nodes.lastOf(id);
  }

  edgeById(id: string): Handle {
    return this.#edges.lastOf(id);
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    return this.#adjacency.edgesOf(this.#nodes.firstOf(this.node(node).ID), direction);
  }

  parentOf(edge: Handle): Handle {
    return this.#adjacency.parentOf(edge);
  }

  childOf(edge: Handle): Handle {
    return this.#adjacency.childOf(edge);
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    const table = kind === 'node' ? this.#nodes : this.#edges;
    const selected = among === undefined ? selectAll(table, filter) : narrow(table, filter, among);
    table.asks(filter, among?.length ?? table.count);
    return selected;
  }

  plan(kind: ElementKind, filter: Filter): Plan {
    return planOf(kind === 'node' ? this.#nodes : this.#edges, filter);
  }

  release(): void {}
}

function known<T>(kind: ElementKind, handle: Handle, element: T | undefined): T {
  if (element !== undefined) return element;
  throw new SkydiveError('SKY_E_INTERNAL', `no ${kind} has handle ${handle} in this view`);
}
