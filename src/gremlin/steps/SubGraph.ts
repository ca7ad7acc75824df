// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import { snapshotView } from '../../graph/snapshot.js';
import type { GraphView } from '../../graph/view.js';
import { conditionsOf } from '../conditions.js';
import type { Edges, GraphResult, Nodes, Paths } from '../current.js';
import { GremlinError } from '../error.js';
import { HandleList } from '../handles.js';
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
  const nodes = new Map<number, number>();
  const lists = input.kind === 'V' ? [input.handles] : input.paths;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const one = run.representative(scope, list[i]!);
      if (input.kind === 'V' && nodes.has(one)) {
        throw new GremlinError(
          'X-DUP',
          `SubGraph: the node ${view.node(one).ID} comes more than once: put Dedup() in front of it`,
        );
      }
      if (!nodes.has(one)) nodes.set(one, list[i]!);
      if ((i & 1023) === 1023 && run.scheduler.due()) await run.scheduler.pause();
    }
  }
  const among = new HandleList();
  for (const one of nodes.keys()) {
    for (const edge of view.edgesOf(one, 'out')) {
      const child = view.childOf(edge);
      if (child >= 0 && nodes.has(run.representative(scope, child))) among.push(edge);
    }
    if (run.scheduler.due()) await run.scheduler.pause();
  }
  const edges = await run.select(scope, 'edge', filter, among.take());
  return graphOf(scope, Uint32Array.from(nodes.values()), edges);
}

async function ofEdges(run: Run, { scope, handles }: Edges): Promise<GraphView> {
  const { view } = scope;
  const nodes = new Set<number>();
  const edges = new Set<number>();
  for (let i = 0; i < handles.length; i++) {
    const edge = handles[i]!;
    edges.add(edge);
    for (const end of [view.parentOf(edge), view.childOf(edge)]) if (end >= 0) nodes.add(end);
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
  }
  return graphOf(scope, Uint32Array.from(nodes), Uint32Array.from(edges));
}

function graphOf(scope: Scope, nodes: Uint32Array, edges: Uint32Array): GraphView {
  const { view } = scope;
  if (!scope.isSlice) return new SubView(view, nodes, edges);
  // Of the revisions of an edge the newest.
  const newest = new Map<string, number>();
  for (const edge of edges) {
    const { ID, Revision } = view.edge(edge);
    const before = newest.get(ID);
    if (before === undefined || view.edge(before).Revision < Revision) newest.set(ID, edge);
  }
  return snapshotView(
    { kind: 'live' },
    Array.from(nodes, (node) => view.node(node)),
    Array.from(newest.values(), (edge) => view.edge(edge)),
  );
}
