// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import { conditionsOf } from './conditions.js';
import type { Nodes } from './current.js';
import { EdgeGate } from './gate.js';
import { HandleList, HandleMap, HandleSet } from './handles.js';
import { refuse } from './params.js';
import type { Run } from './run.js';
import type { Call } from './syntax.js';

const ownership: Filter = { kind: 'term', key: 'RelationType', value: 'ownership' };

/** Pairs of conditions on the edges, and a depth, both optional (P-ARG). */
export function checkLineage(call: Call): void {
  const { params } = call;
  const odd = params.length % 2 === 1;
  if (odd && params.at(-1)!.kind !== 'integer')
    refuse(call, 'pairs of a key and a value, and a depth (an integer)');
  const pairs = odd ? params.length - 1 : params.length;
  for (let i = 0; i < pairs; i += 2)
    if (params[i]!.kind !== 'string') refuse(call, 'pairs of a key and a value, and a depth');
}

/** What the steps Descendants, Ascendants and Neighbors are told. */
export function lineageOf(call: Call): { readonly filter: Filter; readonly depth: number } {
  const { params } = call;
  const odd = params.length % 2 === 1;
  const last = params.at(-1);
  const depth = odd && last?.kind === 'integer' ? last.value : 1;
  const filter = conditionsOf({ ...call, params: odd ? params.slice(0, -1) : params }, 'or');
  return { filter: filter ?? ownership, depth };
}

/**
 * The nodes and what is reachable from them in one direction, each once: the nodes of a batch, then, for each of
 * them, its children as the next batch. A node is gone into again only when it is reached at a lesser depth, so
 * cycles end; no recursion, so long chains do.
 */
export async function walkDown(run: Run, input: Nodes, direction: 'out' | 'in', call: Call): Promise<Nodes> {
  const { scope } = input;
  const { filter, depth } = lineageOf(call);
  // Nothing is further away than there are nodes.
  const limit = depth <= 0 || depth > scope.view.nodeCount ? Number.POSITIVE_INFINITY : depth;
  const gate = new EdgeGate(run, scope, filter);
  const found = new HandleList();
  const expandedAt = new HandleMap();
  const added = new HandleSet();
  const { handles } = await run.ordered(input);
  const batches: { readonly nodes: Uint32Array; at: number; readonly depth: number }[] = [];
  const push = async (nodes: Uint32Array, at: number): Promise<void> => {
    await run.scheduler.each(nodes, (node) => {
      const one = run.representative(scope, node);
      if (added.add(one)) found.push(scope.isSlice && at === 0 ? node : one);
    });
    if (at < limit) batches.push({ nodes, at: 0, depth: at });
  };
  await push(handles, 0);
  for (let batch = batches.at(-1); batch !== undefined; batch = batches.at(-1)) {
    if (run.scheduler.due()) await run.scheduler.pause();
    if (batch.at >= batch.nodes.length) {
      batches.pop();
      continue;
    }
    const node = run.representative(scope, batch.nodes[batch.at++]!);
    // Without a limit the depth does not matter.
    const depthHere = limit === Number.POSITIVE_INFINITY ? 0 : batch.depth;
    if ((expandedAt.get(node) ?? Number.POSITIVE_INFINITY) <= depthHere) continue;
    expandedAt.set(node, depthHere);
    const edges = await run.order(scope, 'edge', await gate.pass(scope.view.edgesOf(node, direction)));
    const next = new HandleList();
    for (const edge of edges)
      next.append(direction === 'out' ? scope.childrenOf(edge) : scope.parentsOf(edge));
    if (next.length > 0) await push(next.take(), batch.depth + 1);
  }
  return { kind: 'V', scope, handles: found.take(), ordered: true };
}

/** The nodes and what is within a depth of them in either direction, each once. */
export async function walkAround(run: Run, input: Nodes, call: Call): Promise<Nodes> {
  const { scope } = input;
  const { filter, depth } = lineageOf(call);
  const gate = new EdgeGate(run, scope, filter);
  const seen = new HandleSet();
  const found = new HandleList();
  let frontier: number[] = [];
  const reach = (node: number): void => {
    const one = run.representative(scope, node);
    if (!seen.add(one)) return;
    found.push(one);
    frontier.push(one);
  };
  await run.scheduler.each(input.handles, reach);
  for (let level = 0; level < depth && frontier.length > 0; level++) {
    const from = frontier;
    frontier = [];
    for (const node of from) {
      const edges = await gate.pass(scope.view.edgesOf(node, 'both'));
      for (const edge of edges) for (const other of scope.otherEnds(edge, node)) reach(other);
      if (run.scheduler.due()) await run.scheduler.pause();
    }
  }
  return { kind: 'V', scope, handles: found.take(), ordered: false };
}
