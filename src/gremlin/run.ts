// SPDX-License-Identifier: Apache-2.0

import type { Edge, Element, ElementKind, Millis, Node } from '../graph/element.js';
import { byCreation, byUpdate } from '../graph/enumeration.js';
import type { Filter } from '../graph/filter.js';
import type { GraphSource, GraphView, ViewContext } from '../graph/view.js';
import type { Edges, Nodes } from './current.js';
import { GremlinError } from './error.js';
import type { FlowQuery, FlowSource, FlowWindow } from './flow-source.js';
import { HandleList } from './handles.js';
import { handlesOf, sortInSlices } from './order.js';
import type { CompilePacketFilter } from './packet-filter.js';
import { Scheduler } from './scheduler.js';
import { Scope } from './scope.js';
import type { Access, FlowAccess, StepTrace } from './trace.js';
import type { WorkflowSource } from './workflow-source.js';

export interface RunOptions {
  /** Aborted when whoever asked is gone; the query ends with X-CANCEL. */
  readonly signal?: AbortSignal | undefined;
  /** What `NOW` and durations count from. */
  readonly now?: (() => Millis) | undefined;
  /** Time that the whole query may take. */
  readonly timeoutMs?: number | undefined;
  /** Elements, repeats included, that one step may give. */
  readonly maxRows?: number | undefined;
  /** Where flows come from; without it there are none. */
  readonly flows?: FlowSource | undefined;
  /** How long before a time slice the last packet of a flow in it may have been (`flow.expire`). */
  readonly flowExpireMs?: number | undefined;
  /** Compiles the expressions of BPF; libpcap by default. */
  readonly packetFilter?: CompilePacketFilter | undefined;
  /** Runs the workflows that Workflow names. */
  readonly workflows?: WorkflowSource | undefined;
  /** Whether to look for a hint when nothing is found; this may run the query a second time. */
  readonly hints?: boolean | undefined;
  /** How long the query may hold the event loop in one go. */
  readonly sliceMs?: number | undefined;
}

/** How many elements are looked at between two looks at the clock, to begin with. */
const firstBatch = 1024;
const largestBatch = 1 << 20;
const smallestBatch = 64;

/** One execution of a query: its clock, bounds, the views it holds and the names that As gave. */
export class Run {
  readonly scheduler: Scheduler;
  readonly nowMs: Millis;
  readonly names = new Map<string, Nodes>();
  readonly flows: FlowSource | undefined;
  readonly flowExpireMs: number;
  readonly packetFilter: CompilePacketFilter | undefined;
  readonly workflows: WorkflowSource | undefined;
  /** What each step did, in order. */
  readonly trace: StepTrace[] = [];
  #accesses: (Access | FlowAccess)[] = [];
  readonly #source: GraphSource;
  readonly #maxRows: number;
  readonly #views: GraphView[] = [];

  constructor(source: GraphSource, options: RunOptions) {
    this.#source = source;
    this.scheduler = new Scheduler(options);
    this.nowMs = (options.now ?? Date.now)();
    this.flows = options.flows;
    this.packetFilter = options.packetFilter;
    this.workflows = options.workflows;
    this.flowExpireMs = options.flowExpireMs ?? 600_000;
    this.#maxRows = options.maxRows ?? Number.POSITIVE_INFINITY;
  }

  /** The live graph, or one of the past, held until the end of the run. */
  async open(context?: ViewContext): Promise<Scope> {
    const given = this.#source.view(context, this.scheduler.signal);
    const waited = given instanceof Promise;
    const view = await given;
    this.#views.push(view);
    if (waited) this.scheduler.resumed();
    return new Scope(view);
  }

  /** How elements were found since the last call. */
  takeAccesses(): readonly (Access | FlowAccess)[] {
    const accesses = this.#accesses;
    this.#accesses = [];
    return accesses;
  }

  /** Notes a question to flow tables or a store. */
  flowsFound(
    { filter, nodes, uuids, ...rest }: FlowQuery,
    window: FlowWindow | undefined,
    found: number,
  ): void {
    const tids = nodes && [...nodes.values()].reduce((sum, of) => sum + of.length, 0);
    this.#accesses.push({
      kind: 'flow',
      by: window === undefined ? 'tables' : 'storage',
      ...(filter && { filter }),
      ...(tids !== undefined && { nodes: tids }),
      ...(uuids && { uuids: uuids.length }),
      ...rest,
      ...(window && { window }),
      found,
    });
  }

  /** To be called at the end, whatever happened. */
  release(): void {
    for (const view of this.#views.splice(0)) view.release();
  }

  /** Throws X-BUDGET when a step gives more than it may. */
  checkRows(rows: number): void {
    if (rows <= this.#maxRows) return;
    throw new GremlinError(
      'X-BUDGET',
      `a step of the query gives more than ${this.#maxRows} elements (analyzer.gremlin.max_rows): narrow it, for example with Dedup()`,
    );
  }

  /** The elements that pass, of all or of `among`, in the order of `among`. */
  async select(
    scope: Scope,
    kind: ElementKind,
    filter: Filter | undefined,
    among?: Uint32Array,
  ): Promise<Uint32Array> {
    const { view } = scope;
    if (filter === undefined) return among ?? (kind === 'node' ? view.nodes() : view.edges());
    if (among === undefined) {
      const { access: by, key, candidates } = view.plan(kind, filter);
      const found =
        // A list of an index is walked at once; the rest is looked at in batches.
        by === 'index' || candidates <= firstBatch
          ? view.select(kind, filter)
          : await this.#sift(view, kind, filter, kind === 'node' ? view.nodes() : view.edges());
      this.#accesses.push({
        kind,
        by,
        ...(key === undefined ? {} : { key }),
        candidates,
        found: found.length,
      });
      return found;
    }
    if (among.length <= firstBatch) return view.select(kind, filter, among);
    return this.#sift(view, kind, filter, among);
  }

  /** Selects among many, batch by batch. */
  async #sift(
    view: GraphView,
    kind: ElementKind,
    filter: Filter,
    candidates: Uint32Array,
  ): Promise<Uint32Array> {
    const passed = new HandleList();
    // Batches grow while they are cheap: a column answers a million in a few ms, a scan does not.
    let size = firstBatch;
    let from = 0;
    while (from < candidates.length) {
      const start = this.scheduler.now();
      passed.append(view.select(kind, filter, candidates.subarray(from, from + size)));
      from += size;
      // What is read from disk is dear: there batches shrink.
      const tookMs = this.scheduler.now() - start;
      if (tookMs < 1 && size < largestBatch) size *= 2;
      else if (tookMs > 3 && size > smallestBatch) size >>= 1;
      if (this.scheduler.due()) await this.scheduler.pause();
    }
    return passed.take();
  }

  /** One handle stands for all revisions of a node in a slice: the oldest. */
  representative(scope: Scope, node: number): number {
    return scope.isSlice ? scope.revisionsOf(scope.view.node(node).ID)[0]! : node;
  }

  /** The elements behind the handles. */
  async elements(scope: Scope, kind: 'node', handles: Uint32Array): Promise<Node[]>;
  async elements(scope: Scope, kind: 'edge', handles: Uint32Array): Promise<Edge[]>;
  async elements(scope: Scope, kind: ElementKind, handles: Uint32Array): Promise<Element[]> {
    const { view } = scope;
    const found: Element[] = new Array(handles.length);
    for (let i = 0; i < handles.length; i++) {
      found[i] = kind === 'node' ? view.node(handles[i]!) : view.edge(handles[i]!);
      if ((i & 255) === 255 && this.scheduler.due()) await this.scheduler.pause();
    }
    return found;
  }

  /** The same elements in the order in which they are enumerated. */
  async ordered<T extends Nodes | Edges>(current: T): Promise<T> {
    if (current.ordered) return current;
    return {
      ...current,
      handles: await this.order(current.scope, kindOf(current), current.handles),
      ordered: true,
    };
  }

  /** The handles in the order in which elements are enumerated; only the first `most` of them. */
  async order(
    scope: Scope,
    kind: ElementKind,
    handles: Uint32Array,
    most = Number.POSITIVE_INFINITY,
  ): Promise<Uint32Array> {
    if (handles.length < 2) return handles;
    const { view } = scope;
    const compareElements = scope.isSlice ? byUpdate : byCreation;
    if (view.isInOrder?.(kind, handles) === true)
      return handles.length > most ? handles.subarray(0, most) : handles;
    const compare = (a: Place, b: Place): number => compareElements(a.element, b.element);
    let places: Place[] = [];
    // Only what may still be among the first is kept: twice as many at most.
    const room = most * 2 + 64;
    for (let i = 0; i < handles.length; i++) {
      const handle = handles[i]!;
      places.push({ handle, element: kind === 'node' ? view.node(handle) : view.edge(handle) });
      if (places.length >= room) places = places.sort(compare).slice(0, most);
      if ((i & 255) === 255 && this.scheduler.due()) await this.scheduler.pause();
    }
    const sorted = await sortInSlices(places, compare, this.scheduler);
    if (sorted === places && places.length === handles.length) return handles;
    return handlesOf(sorted, most, this.scheduler);
  }
}

interface Place {
  readonly handle: number;
  readonly element: Element;
}

export function kindOf(current: Nodes | Edges): ElementKind {
  return current.kind === 'V' ? 'node' : 'edge';
}
