// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Edge, ElementKind, MetadataValue, Node } from '../../graph/element.js';
import { metadataPath, rawField } from '../../graph/field.js';
import type { Filter } from '../../graph/filter.js';
import { type LeafFilter, seesEnds, valueTest } from '../../graph/match.js';
import type { Direction, GraphView, Handle, ViewContext } from '../../graph/view.js';
import type { KindedElement } from '../history.js';
import { type Column, LazyColumn, ReadyColumn, testColumn } from './column.js';
import { Ends } from './ends.js';
import { hotKeys } from './lifetimes.js';
import type { Part } from './part.js';
import { Postings } from './postings.js';

/** Decoded elements that a view keeps; beyond it begins anew. */
const keptElements = 5_000;

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

/** The nodes, or the edges, of a view. Handles of the first part come first. */
class Kind {
  readonly count: number;
  readonly #kind: ElementKind;
  readonly #parts: readonly Part[];
  /** First handle of each part. */
  readonly #offsets: number[] = [];
  readonly #columns = new Map<string, Column>();
  /** By hot key. */
  readonly #lookedUp = new Set<number>();
  readonly #postings = new Map<number, Postings>();
  readonly #elements = new Map<Handle, KindedElement>();

  constructor(kind: ElementKind, parts: readonly Part[]) {
    this.#kind = kind;
    this.#parts = parts;
    let count = 0;
    for (const part of parts) {
      this.#offsets.push(count);
      count += part.ordinals[kind].length;
    }
    this.count = count;
  }

  idOf(handle: Handle): string {
    const { part, ordinal } = this.#locate(handle);
    return part.idOf(ordinal);
  }

  byId(id: string): Handle {
    for (let index = 0; index < this.#parts.length; index++) {
      const place = this.#parts[index]!.placeOf(this.#kind, id);
      if (place >= 0) return this.#offsets[index]! + place;
    }
    return -1;
  }

  read(handle: Handle): KindedElement {
    const known = this.#elements.get(handle);
    if (known !== undefined) return known;
    const { part, ordinal } = this.#locate(handle);
    const found = part.read(ordinal);
    if (found === undefined) {
      const { folder } = part.window;
      throw new SkydiveError(
        'SKY_E_STORE',
        `the history in ${folder} lacks the ${this.#kind} ${part.idOf(ordinal)} at ${part.instant}; if the disk was full or failed meanwhile that is why, else move the folder away and report this`,
      );
    }
    if (this.#elements.size >= keptElements) this.#elements.clear();
    this.#elements.set(handle, found);
    return found;
  }

  /** Handles that have one of the values, or an array or map, under a hot key; undefined where that takes a scan. */
  withTerms(name: string, terms: readonly (string | number | boolean)[]): Uint32Array | undefined {
    const [part, ...others] = this.#parts;
    if (part === undefined || others.length > 0) return undefined;
    const key = hotKeys.indexOf(metadataPath(name) as (typeof hotKeys)[number]);
    const wanted = part.codesOf(key, terms);
    if (wanted.length === 0) return new Uint32Array(0);
    const codes = part.codes(this.#kind, key);
    // The first look-up reads through; more of them at one instant are worth an index.
    if (this.#lookedUp.has(key)) {
      let postings = this.#postings.get(key);
      if (postings === undefined) {
        postings = new Postings(codes, part.values(key).length);
        this.#postings.set(key, postings);
      }
      return postings.with(wanted);
    }
    this.#lookedUp.add(key);
    const found: Handle[] = [];
    if (wanted.length === 1) {
      const [only] = wanted;
      for (let handle = 0; handle < codes.length; handle++) if (codes[handle] === only) found.push(handle);
    } else {
      const isWanted = new Set(wanted);
      for (let handle = 0; handle < codes.length; handle++) {
        if (isWanted.has(codes[handle]!)) found.push(handle);
      }
    }
    return Uint32Array.from(found);
  }

  column(name: string): Column {
    const key = metadataPath(name);
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const hot = hotKeys.indexOf(key as (typeof hotKeys)[number]);
    const column = hot >= 0 ? this.#hotColumn(hot) : this.#lazyColumn((handle) => this.#field(handle, key));
    this.#columns.set(key, column);
    return column;
  }

  #hotColumn(key: number): Column {
    const [first, ...others] = this.#parts;
    if (first !== undefined && others.length === 0) {
      return new ReadyColumn(first.codes(this.#kind, key), first.values(key));
    }
    // Each window has codes of its own.
    return this.#lazyColumn((handle) => {
      const { part, place } = this.#locate(handle);
      return part.values(key)[part.codes(this.#kind, key)[place]!];
    });
  }

  #lazyColumn(read: (handle: Handle) => MetadataValue | undefined): Column {
    return new LazyColumn(this.count, read);
  }

  #field(handle: Handle, key: string): MetadataValue | undefined {
    const { part, ordinal } = this.#locate(handle);
    const known = this.#elements.get(handle) ?? part.read(ordinal);
    return known === undefined ? undefined : rawField(known.element, key);
  }

  #locate(handle: Handle): { part: Part; place: number; ordinal: number } {
    let index = this.#parts.length - 1;
    while (index > 0 && this.#offsets[index]! > handle) index--;
    const part = this.#parts[index];
    const place = handle - (this.#offsets[index] ?? 0);
    const ordinal = part?.ordinals[this.#kind][place];
    if (part === undefined || ordinal === undefined) {
      throw new SkydiveError('SKY_E_INTERNAL', `no ${this.#kind} has handle ${handle} in this view`);
    }
    return { part, place, ordinal };
  }
}

const isHot = (key: string): boolean => (hotKeys as readonly string[]).includes(metadataPath(key));

/** 0: no element has to be read. */
function cost(kind: ElementKind, filter: Filter): number {
  switch (filter.kind) {
    case 'true':
      return 0;
    case 'and':
    case 'or':
      return Math.max(0, ...filter.filters.map((inner) => cost(kind, inner)));
    case 'not':
      return cost(kind, filter.filter);
    default:
      if (filter.key === '@ID' || isHot(filter.key)) return 0;
      return kind === 'edge' && seesEnds(filter) && (filter.key === 'Parent' || filter.key === 'Child')
        ? 0
        : 1;
  }
}

/** The leaf that a conjunction begins with. */
function cheapest(kind: ElementKind, filter: Filter): LeafFilter | undefined {
  switch (filter.kind) {
    case 'true':
    case 'or':
    case 'not':
      return undefined;
    case 'and': {
      const leaves = filter.filters
        .map((inner) => cheapest(kind, inner))
        .filter((leaf) => leaf !== undefined);
      return leaves.sort((one, other) => cost(kind, one) - cost(kind, other))[0];
    }
    default:
      return filter;
  }
}

function ascending(count: number): Uint32Array {
  const handles = new Uint32Array(count);
  for (let handle = 0; handle < count; handle++) handles[handle] = handle;
  return handles;
}
