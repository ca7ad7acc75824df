// SPDX-License-Identifier: Apache-2.0

import type { Direction, Handle } from '../graph/view.js';
import { conditionsCall, pageOf, slicePage } from './absorb.js';
import { conditionsOf } from './conditions.js';
import type { Edges, Nodes } from './current.js';
import { HandleList } from './handles.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';
import type { Stage } from './step.js';

/** How many elements are left between two looks at the clock, to begin with. */
const firstBatch = 64;
const largestBatch = 1 << 13;

/** Appends what lies behind elements of the input. */
type Reach = (handles: Uint32Array, into: HandleList) => void | Promise<void>;

/**
 * Goes from each element of the input, repeats kept, and filters and pages what is reached; with a page no further
 * than its end.
 */
async function move<To extends Nodes | Edges>(
  run: Run,
  stage: Stage,
  input: Nodes | Edges,
  kind: To['kind'],
  reach: Reach,
): Promise<To> {
  const { scope } = input;
  const filter = conditionsOf(conditionsCall(stage));
  const page = pageOf(stage);
  const { handles } = stage.ordered ? await run.ordered(input) : input;
  const passed = new HandleList();
  let reached = new HandleList();
  const sift = async (): Promise<void> => {
    const all = reached.take();
    passed.append(await run.select(scope, kind === 'V' ? 'node' : 'edge', filter, all));
    reached = new HandleList();
    run.checkRows(passed.length);
  };
  let size = firstBatch;
  for (let from = 0; from < handles.length; ) {
    const start = run.scheduler.now();
    const wait = reach(handles.subarray(from, from + size), reached);
    if (wait !== undefined) await wait;
    from += size;
    const tookMs = run.scheduler.now() - start;
    if (tookMs < 0.5 && size < largestBatch && page === undefined) size *= 2;
    else if (tookMs > 2 && size > 1) size >>= 1;
    run.checkRows(passed.length + reached.length);
    if (run.scheduler.due()) await run.scheduler.pause();
    if (page === undefined || from >= handles.length) continue;
    await sift();
    if (passed.length >= page.to) break;
  }
  if (filter === undefined && passed.length === 0) {
    run.checkRows(reached.length);
    passed.append(reached.take());
  } else await sift();
  const found = { kind, scope, handles: passed.take(), ordered: stage.ordered } as To;
  return { ...found, handles: slicePage(found.handles, page) };
}

/** A `Reach` that asks for the edges at one node after the other, in order when it matters. */
function edgeByEdge(
  run: Run,
  stage: Stage,
  scope: Scope,
  direction: Direction,
  push: (edges: Uint32Array, node: Handle, into: HandleList) => void,
): Reach {
  return async (nodes, into) => {
    for (let i = 0; i < nodes.length; i++) {
      let edges = scope.view.edgesOf(nodes[i]!, direction);
      if (stage.ordered && edges.length > 1) edges = await run.order(scope, 'edge', edges);
      push(edges, nodes[i]!, into);
      if ((i & 15) === 15 && run.scheduler.due()) await run.scheduler.pause();
    }
  };
}

/** Appends the ends of edges that a movement in a direction from a node leads to. */
function pushEnds(
  scope: Scope,
  edges: Uint32Array,
  node: Handle,
  direction: Direction,
  into: HandleList,
): void {
  const { view } = scope;
  for (const edge of edges) {
    if (direction === 'both') into.append(scope.otherEnds(edge, node));
    else if (scope.isSlice) into.append(direction === 'out' ? scope.childrenOf(edge) : scope.parentsOf(edge));
    else {
      const end = direction === 'out' ? view.childOf(edge) : view.parentOf(edge);
      if (end >= 0) into.push(end);
    }
  }
}

/** In, Out, Both: over the edges to the nodes behind them. */
export function toNeighbours(run: Run, stage: Stage, input: Nodes, direction: Direction): Promise<Nodes> {
  const { scope } = input;
  const { view } = scope;
  const reach: Reach =
    stage.ordered || view.neighbours === undefined
      ? edgeByEdge(run, stage, scope, direction, (edges, node, into) =>
          pushEnds(scope, edges, node, direction, into),
        )
      : (nodes, into) => into.append(view.neighbours!(nodes, direction));
  return move<Nodes>(run, stage, input, 'V', reach);
}

/** InE, OutE, BothE: to the edges themselves. */
export function toEdges(run: Run, stage: Stage, input: Nodes, direction: Direction): Promise<Edges> {
  const reach = edgeByEdge(run, stage, input.scope, direction, (edges, _, into) => into.append(edges));
  return move<Edges>(run, stage, input, 'E', reach);
}

/** InV, OutV, BothV: from edges to their parent, child, or both. */
export function toEnds(run: Run, stage: Stage, input: Edges, ends: Direction): Promise<Nodes> {
  const { scope } = input;
  return move<Nodes>(run, stage, input, 'V', (edges, into) => {
    for (const edge of edges) {
      if (ends !== 'out') into.append(scope.parentsOf(edge));
      if (ends !== 'in') into.append(scope.childrenOf(edge));
    }
  });
}
