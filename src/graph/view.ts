// SPDX-License-Identifier: Apache-2.0

import type { Edge, Element, ElementKind, MetadataValue, Millis, Node } from './element.js';
import type { Filter } from './filter.js';

/** A dense integer that names an element within one view. */
export type Handle = number;

/** `Start`..`Last`, both included. */
export interface TimeSlice {
  readonly start: Millis;
  readonly last: Millis;
}

/** What a view shows: the live graph, an instant of the past, or every revision of a slice. */
export type ViewContext =
  | { readonly kind: 'live' }
  | { readonly kind: 'instant'; readonly slice: TimeSlice }
  | { readonly kind: 'slice'; readonly slice: TimeSlice };

/** The scalars that a key has, by small integers (codes). */
export interface DistinctValues {
  /** One more than the highest code; grows with the graph. */
  readonly codeLimit: number;
  /** Whether some element has an array or a map. */
  readonly hasLists: boolean;
  /** `textPrefix` of each text by code, 0 for what is none; right for the codes below `to` until the graph changes. */
  prefixes(to: number): Float64Array;
  /** Undefined for a code that is not in use. */
  value(code: number): MetadataValue | undefined;
}

export type Direction = 'out' | 'in' | 'both';

/**
 * What queries see of a graph: one instant (or slice) that no later change can touch. Elements are named by handles
 * so that sets of them are typed arrays; an element object is fetched only where its content is needed.
 *
 * A view must be released when the query ends: until then it holds what changed since it was taken.
 */
export interface GraphView {
  readonly context: ViewContext;
  readonly nodeCount: number;
  readonly edgeCount: number;

  /** Every node (edge) handle, in no particular order. The array is not to be written to. */
  nodes(): Uint32Array;
  edges(): Uint32Array;

  /** The element behind a handle that this view gave out. */
  node(handle: Handle): Node;
  edge(handle: Handle): Edge;

  /** Handle of the element with that ID, -1 when there is none. In a slice: its last revision. */
  nodeById(id: string): Handle;
  edgeById(id: string): Handle;

  /** Edges at a node: `out` where it is Parent, `in` where it is Child. A self loop shows once under `both`. */
  edgesOf(node: Handle, direction: Direction): Uint32Array;
  /** Node handles of an edge's ends. */
  parentOf(edge: Handle): Handle;
  childOf(edge: Handle): Handle;

  /**
   * The handles among `among` (all, when absent) whose element passes the filter, in the order of `among`. Uses an
   * index or column where there is one; a predicate runs once per distinct value then. Synchronous: callers that
   * must yield pass slices of `among`.
   */
  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array;

  /** How `select` would run, for `Explain()`: what it uses and how many candidates it would look at. */
  plan(
    kind: ElementKind,
    filter: Filter,
  ): { readonly access: 'index' | 'column' | 'scan'; readonly key?: string; readonly candidates: number };

  /**
   * The distinct values of a key where a column keeps them. They are those of the graph as it is by now, which what
   * changed since the view was taken may tell from the view's: for planning only.
   */
  valuesOf?(kind: ElementKind, key: string): DistinctValues | undefined;

  /**
   * The nodes at the other ends of the edges of each node, repeats kept, in no particular order. Absent where they
   * have to be found edge by edge.
   */
  neighbours?(nodes: Uint32Array, direction: Direction): Uint32Array;

  /** Whether elements are known to stand in the order of creation, then ID, without looking at them. */
  isInOrder?(kind: ElementKind, handles: Uint32Array): boolean;

  release(): void;
}

/** Whoever can give views: the live graph, or the live graph with history behind it. */
export interface GraphSource {
  /** The live graph when `context` is absent. Throws SKY_E_NO_HISTORY where nothing older is kept. */
  view(context?: ViewContext, signal?: AbortSignal): GraphView | Promise<GraphView>;
}

export type { Element };
