// SPDX-License-Identifier: Apache-2.0

import { toInteger } from '../graph/cast.js';
import type { Filter } from '../graph/filter.js';
import { nothing } from '../graph/match.js';
import type { Nodes, Paths } from './current.js';
import { EdgeGate } from './gate.js';
import { HandleMap, HandleSet } from './handles.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';
import type { Param } from './syntax.js';

/** The filter of `Metadata(key, value, …)`: values are compared with =; a predicate among them matches nothing. */
export function metadataFilter(params: readonly Param[]): Filter {
  const filters: Filter[] = [];
  for (let i = 0; i < params.length; i += 2) {
    const key = String((params[i] as { value: unknown }).value);
    const value = params[i + 1]!;
    if (value.kind === 'predicate' || value.kind === 'constant') return nothing;
    if (value.kind === 'float') filters.push({ kind: 'term', key, value: toInteger(value.value) ?? 0 });
    else filters.push({ kind: 'term', key, value: value.value });
  }
  return { kind: 'and', filters };
}

/** One side of a search: the nodes reached, each with the node it was reached from, and those reached last. */
class Wave {
  readonly cameFrom = new HandleMap();
  frontier: number[] = [];

  start(node: number): void {
    if (this.cameFrom.has(node)) return;
    this.cameFrom.set(node, -1);
    this.frontier.push(node);
  }
}

/** Starts a wave from many nodes. */
async function startAll(
  run: Run,
  wave: Wave,
  nodes: HandleSet,
  started: (node: number) => void = () => {},
): Promise<void> {
  let count = 0;
  for (const node of nodes) {
    wave.start(node);
    started(node);
    if ((++count & 1023) === 0 && run.scheduler.due()) await run.scheduler.pause();
  }
}

/** Goes one step further on all sides of a wave; tells of each new node. */
async function advance(
  run: Run,
  scope: Scope,
  gate: EdgeGate,
  wave: Wave,
  reached: (node: number) => void,
): Promise<void> {
  const { view } = scope;
  const from = wave.frontier;
  wave.frontier = [];
  for (const node of from) {
    const edges = await gate.pass(view.edgesOf(node, 'both'));
    for (const edge of edges) {
      const parent = view.parentOf(edge);
      const other = same(scope, parent, node) ? view.childOf(edge) : parent;
      if (other < 0) continue;
      const one = run.representative(scope, other);
      if (wave.cameFrom.has(one)) continue;
      wave.cameFrom.set(one, node);
      wave.frontier.push(one);
      reached(one);
    }
    if (run.scheduler.due()) await run.scheduler.pause();
  }
}

function same(scope: Scope, a: number, b: number): boolean {
  if (a === b || !scope.isSlice) return a === b;
  return a >= 0 && scope.view.node(a).ID === scope.view.node(b).ID;
}

/** From a node back to where its wave started. */
function trail(wave: Wave, from: number): number[] {
  const nodes: number[] = [];
  for (let node = from; node !== -1; node = wave.cameFrom.get(node)!) nodes.push(node);
  return nodes;
}

/** Few enough for a search of their own each. */
const few = 4;

/** For each node an undirected shortest path to the nearest target; nodes that reach none are left out. */
export async function shortestPaths(
  run: Run,
  input: Nodes,
  target: Filter,
  edges: Filter | undefined,
): Promise<Paths> {
  const { scope } = input;
  const { handles } = await run.ordered(input);
  const targets = await representatives(run, scope, await run.select(scope, 'node', target));
  const gate = new EdgeGate(run, scope, edges);
  const find =
    handles.length <= few
      ? (source: number) => meet(run, scope, gate, source, targets)
      : await fromTargets(run, scope, gate, targets, handles);
  const paths: Uint32Array[] = [];
  for (const handle of handles) {
    if (run.scheduler.due()) await run.scheduler.pause();
    const path = await find(run.representative(scope, handle));
    if (path === undefined) continue;
    path[0] = handle;
    paths.push(Uint32Array.from(path));
    run.checkRows(paths.length);
  }
  return { kind: 'Paths', scope, paths };
}

/** Which nodes the handles stand for, each once. */
async function representatives(run: Run, scope: Scope, handles: Uint32Array): Promise<HandleSet> {
  const nodes = new HandleSet();
  for (let i = 0; i < handles.length; i++) {
    nodes.add(run.representative(scope, handles[i]!));
    if ((i & 1023) === 1023 && run.scheduler.due()) await run.scheduler.pause();
  }
  return nodes;
}

/** Two waves, from the source and from all targets, the smaller one first, until they meet. */
async function meet(
  run: Run,
  scope: Scope,
  gate: EdgeGate,
  source: number,
  targets: HandleSet,
): Promise<number[] | undefined> {
  if (targets.has(source)) return [source];
  const near = new Wave();
  const far = new Wave();
  near.start(source);
  await startAll(run, far, targets);
  while (near.frontier.length > 0 && far.frontier.length > 0) {
    const [wave, other] = near.frontier.length <= far.frontier.length ? [near, far] : [far, near];
    // The first meeting within a step is a shortest one: all nodes of a step are equally far.
    let met = -1;
    await advance(run, scope, gate, wave, (node) => {
      if (met < 0 && other.cameFrom.has(node)) met = node;
    });
    if (met >= 0) return [...trail(near, met).reverse(), ...trail(far, met).slice(1)];
  }
  return undefined;
}

/** One wave from all targets that serves every source. */
async function fromTargets(
  run: Run,
  scope: Scope,
  gate: EdgeGate,
  targets: HandleSet,
  sources: Uint32Array,
): Promise<(source: number) => Promise<number[] | undefined>> {
  const wave = new Wave();
  const wanted = await representatives(run, scope, sources);
  let missing = wanted.size;
  await startAll(run, wave, targets, (node) => {
    if (wanted.has(node)) missing--;
  });
  while (wave.frontier.length > 0 && missing > 0) {
    await advance(run, scope, gate, wave, (node) => {
      if (wanted.has(node)) missing--;
    });
  }
  return async (source) => (wave.cameFrom.has(source) ? trail(wave, source) : undefined);
}
