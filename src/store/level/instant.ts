// SPDX-License-Identifier: Apache-2.0

import { ascending } from '../../graph/ascending.js';
import type { Edge, ElementKind, Node } from '../../graph/element.js';
import type { Filter } from '../../graph/filter.js';
import { type LeafFilter, seesEnds, valueTest } from '../../graph/match.js';
import type { Direction, GraphView, Handle, ViewContext } from '../../graph/view.js';
import { cheapest, cost, isHot } from './access.js';
import { testColumn } from './column.js';
import { Ends } from './ends.js';
import { Kind } from './kind.js';
import type { Part } from './part.js';

/** What the views of one instant share: its parts, and the columns that queries filled. */
export class Instant {
  readonly kinds: { readonly [kind in ElementKind]: Kind };
  readonly ends: Ends;
  /** What filters found by index: they are asked for the plan first, then for the answer. */
  readonly found = new WeakMap<Filter, Uint32Array>();

  /** `parts`: one for each window that knows of the instant; no ID is in two of them. */
  constructor(parts: readonly Part[]) {
    this.kinds = { node: new Kind('node', parts), edge: new Kind('edge', parts) };
    this.ends = new Ends(parts, (id) => this.kinds.node.byId(id));
  }
}

/**
 * The graph at an instant of the past, read as it is asked: who was there, and the hot keys, come from the windows'
 * lifetimes; metadata is read from disk for the elements whose content a query names or returns, synchronously, a
 * few microseconds an element. Columns of other keys fill as they are asked and stay, for later queries at the same
 * instant.
 */
export class InstantView implements GraphView {
  readonly context: ViewContext;
  readonly #kinds: { readonly [kind in ElementKind]: Kind };
  readonly #ends: Ends;
  readonly #instant: Instant;
  #onRelease: (() => void) | undefined;

  constructor(context: ViewContext, instant: Instant, onRelease: () => void) {
    this.context = context;
    this.#instant = instant;
    this.#kinds = instant.kinds;
    this.#ends = instant.ends;
    this.#onRelease = onRelease;
  }

  get nodeCount(): number {
    return this.#kinds.node.count;
  }

  /** Edges with an end that was not there do not count. */
  get edgeCount(): number {
    return this.#ends.whole.length;
  }

  nodes(): Uint32Array {
    return ascending(this.nodeCount);
  }

  edges(): Uint32Array {
    return this.#ends.whole.slice();
  }

  node(handle: Handle): Node {
    return this.#kinds.node.read(handle).element;
  }

  edge(handle: Handle): Edge {
    return this.#kinds.edge.read(handle).element as Edge;
  }

  nodeById(id: string): Handle {
    return this.#kinds.node.byId(id);
  }

  edgeById(id: string): Handle {
    const handle = this.#kinds.edge.byId(id);
    return handle >= 0 && this.#ends.isWhole(handle) ? handle : -1;
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    return this.#ends.edgesOf(node, direction, this.nodeCount);
  }

  parentOf(edge: Handle): Handle {
    return this.#ends.parents[edge] ?? -1;
  }

  childOf(edge: Handle): Handle {
    return this.#ends.children[edge] ?? -1;
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    const handles = among ?? this.#indexed(kind, filter)?.handles ?? this.#all(kind);
    const passes = this.#test(kind, filter);
    const found = new Uint32Array(handles.length);
    let length = 0;
    for (let place = 0; place < handles.length; place++) {
      const handle = handles[place]!;
      if (passes(handle)) found[length++] = handle;
    }
    return found.slice(0, length);
  }

  plan(
    kind: ElementKind,
    filter: Filter,
  ): { access: 'index' | 'column' | 'scan'; key?: string; candidates: number } {
    const indexed = this.#indexed(kind, filter);
    if (indexed !== undefined) {
      return { access: 'index', key: indexed.key, candidates: indexed.handles.length };
    }
    const candidates = kind === 'node' ? this.nodeCount : this.edgeCount;
    const leaf = cheapest(kind, filter);
    if (leaf === undefined) return { access: 'scan', candidates };
    return { access: isHot(leaf.key) ? 'column' : 'scan', key: leaf.key, candidates };
  }

  #all(kind: ElementKind): Uint32Array {
    return kind === 'node' ? this.nodes() : this.edges();
  }

  /** The only handles that can pass, where the filter says so by an ID or by values of a hot key. */
  #indexed(kind: ElementKind, filter: Filter): { key: string; handles: Uint32Array } | undefined {
    if (filter.kind === 'and') {
      return filter.filters
        .map((inner) => this.#indexed(kind, inner))
        .filter((found) => found !== undefined)
        .sort((one, other) => one.handles.length - other.handles.length)[0];
    }
    if (filter.kind !== 'term' && filter.kind !== 'test') return undefined;
    const { key } = filter;
    if (key === '@ID' && filter.kind === 'term' && typeof filter.value === 'string') {
      const handle = kind === 'node' ? this.nodeById(filter.value) : this.edgeById(filter.value);
      return { key, handles: Uint32Array.from(handle < 0 ? [] : [handle]) };
    }
    // A number also equals strings that read as it.
    const terms =
      filter.kind === 'test' ? filter.terms : typeof filter.value === 'number' ? undefined : [filter.value];
    if (terms === undefined || !isHot(key)) return undefined;
    const known = this.#instant.found.get(filter);
    if (known !== undefined) return { key, handles: known };
    let handles = this.#kinds[kind].withTerms(key, terms);
    if (handles === undefined) return undefined;
    if (kind === 'edge') handles = handles.filter((edge) => this.#ends.isWhole(edge));
    this.#instant.found.set(filter, handles);
    return { key, handles };
  }

  release(): void {
    const onRelease = this.#onRelease;
    this.#onRelease = undefined;
    onRelease?.();
  }

  #test(kind: ElementKind, filter: Filter): (handle: Handle) => boolean {
    switch (filter.kind) {
      case 'true':
        return () => true;
      case 'and': {
        // Tests that need no element first.
        const tests = [...filter.filters]
          .sort((one, other) => cost(kind, one) - cost(kind, other))
          .map((inner) => this.#test(kind, inner));
        if (tests.length === 1) return tests[0]!;
        return (handle) => tests.every((test) => test(handle));
      }
      case 'or': {
        const tests = filter.filters.map((inner) => this.#test(kind, inner));
        return tests.length === 0 ? () => true : (handle) => tests.some((test) => test(handle));
      }
      case 'not': {
        const test = this.#test(kind, filter.filter);
        return (handle) => !test(handle);
      }
      default:
        return this.#leaf(kind, filter);
    }
  }

  #leaf(kind: ElementKind, filter: LeafFilter): (handle: Handle) => boolean {
    const test = valueTest(kind, filter);
    const { key } = filter;
    if (key === '@ID') return (handle) => test(this.#kinds[kind].idOf(handle));
    if (kind === 'edge' && seesEnds(filter) && (key === 'Parent' || key === 'Child')) {
      const ends = key === 'Parent' ? this.#ends.parents : this.#ends.children;
      return (handle) => test(this.#kinds.node.idOf(ends[handle]!));
    }
    return testColumn(this.#kinds[kind].column(key), test);
  }
}
