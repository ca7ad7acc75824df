// SPDX-License-Identifier: Apache-2.0

import type { Direction, Handle } from '../graph/view.js';
import { conditionsCall, pageOf, slicePage } from './absorb.js';
import { conditionsOf } from './conditions.js';
import type { Edges, Nodes } from './current.js';
import { HandleList } from './handles.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';
import type { Stage } from './step.js';

/** How many elements are left between two looks at the clock. */
const batch = 64;

/** Appends what lies behind one element of the input. */
type Reach = (handle: Handle, into: HandleList) => void | Promise<void>;

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
  for (let i = 0; i < handles.length; i++) {
    const wait = reach(handles[i]!, reached);
    if (wait !== undefined) await wait;
    if (i % batch !== batch - 1) continue;
    run.checkRows(passed.length + reached.length);
    if (run.scheduler.due()) await run.scheduler.pause();
    if (page === undefined) continue;
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

/** The edges at a node, in order when it matters. */
function edgesAt(
  run: Run,
  stage: Stage,
  scope: Scope,
  node: Handle,
  direction: Direction,
): Uint32Array | Promise<Uint32Array> {
  const edges = scope.view.edgesOf(node, direction);
  return stage.ordered && edges.length > 1 ? run.order(scope, 'edge', edges) : edges;
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
  return move<Nodes>(run, stage, input, 'V', (node, into) => {
    const edges = edgesAt(run, stage, scope, node, direction);
    if (edges instanceof Promise) return edges.then((list) => pushEnds(scope, list, node, direction, into));
    return pushEnds(scope, edges, node, direction, into);
  });
}

/** InE, OutE, BothE: to the edges themselves. */
export function toEdges(run: Run, stage: Stage, input: Nodes, direction: Direction): Promise<Edges> {
  return move<Edges>(run, stage, input, 'E', (node, into) => {
    const edges = edgesAt(run, stage, input.scope, node, direction);
    if (edges instanceof Promise) return edges.then((list) => into.append(list));
    return into.append(edges);
  });
}

/** InV, OutV, BothV: from edges to their parent, child, or both. */
export function toEnds(run: Run, stage: Stage, input: Edges, ends: Direction): Promise<Nodes> {
  const { scope } = input;
  return move<Nodes>(run, stage, input, 'V', (edge, into) => {
    if (ends !== 'out') into.append(scope.parentsOf(edge));
    if (ends !== 'in') into.append(scope.childrenOf(edge));
  });
}
