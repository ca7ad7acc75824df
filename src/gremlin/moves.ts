// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import type { Direction } from '../graph/view.js';
import { conditionsCall, pageOf, slicePage } from './absorb.js';
import { conditionsOf } from './conditions.js';
import type { Edges, Nodes } from './current.js';
import { HandleList } from './handles.js';
import type { Run } from './run.js';
import type { Stage } from './step.js';

/** The edges at each node of `input`, repeats kept, in order when the input is. */
async function edgesAt(run: Run, input: Nodes, direction: Direction): Promise<Edges> {
  const { scope } = input;
  const ordered = input.ordered || input.handles.length < 2;
  const found = new HandleList();
  for (const node of input.handles) {
    const edges = scope.view.edgesOf(node, direction);
    found.append(ordered ? await run.order(scope, 'edge', edges) : edges);
    if (run.scheduler.due()) {
      run.checkRows(found.length);
      await run.scheduler.pause();
    }
  }
  run.checkRows(found.length);
  return { kind: 'E', scope, handles: found.take(), ordered };
}

/** In, Out, Both: over the edges to the nodes behind them. */
export async function toNeighbours(
  run: Run,
  stage: Stage,
  input: Nodes,
  direction: Direction,
): Promise<Nodes> {
  const { scope } = input;
  const filter = conditionsOf(conditionsCall(stage));
  const page = pageOf(stage);
  const ordered = input.ordered || input.handles.length < 2;
  const found = new HandleList();
  for (const node of input.handles) {
    let edges = scope.view.edgesOf(node, direction);
    if (ordered) edges = await run.order(scope, 'edge', edges);
    for (const edge of edges) {
      if (direction === 'out') found.append(scope.childrenOf(edge));
      else if (direction === 'in') found.append(scope.parentsOf(edge));
      else found.append(scope.otherEnds(edge, node));
    }
    if (run.scheduler.due()) {
      run.checkRows(found.length);
      await run.scheduler.pause();
    }
  }
  return finish(run, { kind: 'V', scope, handles: found.take(), ordered }, filter, page);
}

/** InE, OutE, BothE: to the edges themselves. */
export async function toEdges(run: Run, stage: Stage, input: Nodes, direction: Direction): Promise<Edges> {
  const filter = conditionsOf(conditionsCall(stage));
  return finish(run, await edgesAt(run, input, direction), filter, pageOf(stage));
}

/** InV, OutV, BothV: from edges to their parent, child, or both. */
export async function toEnds(run: Run, stage: Stage, input: Edges, ends: Direction): Promise<Nodes> {
  const { scope, ordered } = input;
  const filter = conditionsOf(conditionsCall(stage));
  const found = new HandleList();
  for (let i = 0; i < input.handles.length; i++) {
    const edge = input.handles[i]!;
    if (ends !== 'out') found.append(scope.parentsOf(edge));
    if (ends !== 'in') found.append(scope.childrenOf(edge));
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
  }
  const nodes: Nodes = {
    kind: 'V',
    scope,
    handles: found.take(),
    ordered: ordered || input.handles.length < 2,
  };
  return finish(run, nodes, filter, pageOf(stage));
}

/** Filters and pages what a movement reached. */
async function finish<T extends Nodes | Edges>(
  run: Run,
  reached: T,
  filter: Filter | undefined,
  page: ReturnType<typeof pageOf>,
): Promise<T> {
  run.checkRows(reached.handles.length);
  const kind = reached.kind === 'V' ? 'node' : 'edge';
  const handles =
    filter === undefined ? reached.handles : await run.select(reached.scope, kind, filter, reached.handles);
  if (page === undefined) return { ...reached, handles };
  const ordered = await run.ordered({ ...reached, handles });
  return { ...ordered, handles: slicePage(ordered.handles, page) };
}
