// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import { snapshotView } from '../../graph/snapshot.js';
import type { GraphView } from '../../graph/view.js';
import { conditionsOf } from '../conditions.js';
import type { Edges, GraphResult, Nodes, Paths } from '../current.js';
import { GremlinError } from '../error.js';
import { HandleList, HandleSet } from '../handles.js';
import type { Run } from '../run.js';
import { Scope } from '../scope.js';
import type { StepDefinition } from '../step.js';
import { SubView } from '../sub-view.js';

/** A graph of what was found. */
export const SubGraph: StepDefinition = {
  name: 'SubGraph',
  doc: 'The nodes and every edge between two of them, as a graph; after edges, these and their ends. Conditions are on the edges.',
  accepts: ['V', 'E', 'Paths'],
  returns: 'Graph',
  walks: true,
  order: 'drops',
  refusal: 'X-EXEC',
  run: async (run, stage, input): Promise<GraphResult> => {
    const made =
      input.kind === 'E'
        ? await ofEdges(run, input)
        : await ofNodes(
            run,
            input as Nodes | Paths,
            input.kind === 'V' ? conditionsOf(stage.call) : undefined,
          );
    run.names.clear();
    return { kind: 'Graph', scope: new Scope(made, false) };
  },
};

async function ofNodes(run: Run, input: Nodes | Paths, filter: Filter | undefined): Promise<GraphView> {
  const { scope } = input;
  const { view } = scope;
  const seen = new HandleSet();
  const ones = new HandleList();
  const nodes = new HandleList();
  const lists = input.kind === 'V' ? [input.handles] : input.paths;
  for (const list of lists) {
    await run.scheduler.each(list, (node) => {
      const one = run.representative(scope, node);
      if (seen.add(one)) {
        ones.push(one);
        nodes.push(node);
      } else if (input.kind === 'V') {
        throw new GremlinError(
          'X-DUP',
          `SubGraph: the node ${view.node(one).ID} comes more than once: put Dedup() in front of it`,
        );
      }
    });
  }
  const among = new HandleList();
  await run.scheduler.each(ones.take(), (one) => {
    for (const edge of view.edgesOf(one, 'out')) {
      const child = view.childOf(edge);
      if (child >= 0 && seen.has(run.representative(scope, child))) among.push(edge);
    }
  });
  const edges = await run.select(scope, 'edge', filter, among.take());
  return graphOf(run, scope, nodes.take(), seen, edges);
}

async function ofEdges(run: Run, { scope, handles }: Edges): Promise<GraphView> {
  const { view } = scope;
  const seenNodes = new HandleSet();
  const seenEdges = new HandleSet();
  const nodes = new HandleList();
  const edges = new HandleList();
  await run.scheduler.each(handles, (edge) => {
    if (!seenEdges.add(edge)) return;
    edges.push(edge);
    for (const end of [view.parentOf(edge), view.childOf(edge)])
      if (end >= 0 && seenNodes.add(end)) nodes.push(end);
  });
  return graphOf(run, scope, nodes.take(), seenNodes, edges.take());
}

async function graphOf(
  run: Run,
  scope: Scope,
  nodes: Uint32Array,
  nodeSet: HandleSet,
  edges: Uint32Array,
): Promise<GraphView> {
  const { view } = scope;
  if (!scope.isSlice) {
    const edgeSet = new HandleSet();
    await run.scheduler.each(edges, (edge) => edgeSet.add(edge));
    return new SubView(view, nodes, nodeSet, edges, edgeSet);
  }
  // Of the revisions of an edge the newest.
  const newest = new Map<string, number>();
  await run.scheduler.each(edges, (edge) => {
    const { ID, Revision } = view.edge(edge);
    const before = newest.get(ID);
    if (before === undefined || view.edge(before).Revision < Revision) newest.set(ID, edge);
  });
  return snapshotView(
    { kind: 'live' },
    await run.scheduler.map(nodes, (node) => view.node(node)),
    await run.scheduler.map(newest.values(), (edge) => view.edge(edge)),
  );
}
