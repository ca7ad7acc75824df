// SPDX-License-Identifier: Apache-2.0
// Queries on 100k nodes (and 1M with GREMLIN_BENCH_LARGE=1), JSON encoding not included but where it says so.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Graph } from '../../src/graph/graph.js';
import { encodeJson } from '../../src/gremlin/output/json.js';
import { parseQuery } from '../../src/gremlin/query.js';
import type { Result } from '../../src/gremlin/result.js';
import { dataCentre } from './data/hosts.js';
import { median, type Row } from './row.js';

interface Measured {
  readonly ms: number;
  readonly cpuMs: number;
  readonly result: Result;
}

export async function time(graph: Graph, text: string, runs: number): Promise<Measured> {
  const query = parseQuery(text);
  let result = await query.run(graph);
  for (let i = 0; i < Math.min(runs, 10); i++) result = await query.run(graph);
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    result = await parseQuery(text).run(graph);
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { ms: median(times), cpuMs: (user + system) / 1000 / runs, result };
}

function sizeOf(result: Result): number {
  const value = result.toJSON();
  if (result.kind === 'Graph') return result.nodes.length;
  if (result.kind === 'Paths') return (result.paths[0]?.length ?? 1) - 1;
  return Array.isArray(value) ? value.length : Number(value);
}

/** The name of a node with a shortest path of that many steps to a pod of the first host, found by trying. */
export async function nodeAt(
  graph: Graph,
  steps: number,
  nameOn: (host: string) => string,
  hosts: number,
): Promise<string> {
  for (let host = 1; host < hosts; host++) {
    const name = nameOn(host.toString(36));
    const query = `G.V().Has("Name","pod-0-80").ShortestPathTo(Metadata("Name","${name}"))`;
    if (sizeOf(await parseQuery(query).run(graph)) === steps) return name;
  }
  throw new Error(`nothing is ${steps} steps away`);
}

async function size(nodeCount: number, at: 0 | 1): Promise<Row[]> {
  const label = nodeCount >= 1e6 ? `${nodeCount / 1e6}M` : `${nodeCount / 1000}k`;
  const graph = dataCentre(nodeCount);
  const rows: Row[] = [];
  const goals: readonly (readonly [query: string, goals: readonly [string, string], runs: number])[] = [
    [`G.V().Has('Name','host-42')`, ['≤ 0.05', '≤ 0.1'], 200],
    [`G.V().Has('Name','host-42').Out().Out().Count()`, ['≤ 0.05', '≤ 0.1'], 200],
    [`G.V().Has('Type','veth').Count()`, ['≤ 0.5', '≤ 5'], 50],
    // As many as the goal was set for: a tenth of the nodes.
    [`G.V().Has('Name',Regex('eth.*[37]'))`, ['≤ 2', '≤ 25'], 30],
    [`G.V().Has('IfIndex',42)`, ['≤ 5', '≤ 60'], 30],
    [`G.V().Has('Type','host').Out().Out().Count()`, ['≤ 5', '≤ 60'], 30],
    [`G.V().Has('Name','host-42').Out().Out().Dedup().SubGraph()`, ['≤ 0.9', '≤ 1.4'], 50],
    [`G.V().Sort('Name').Limit(10)`, ['≤ 1.3', '≤ 20'], 30],
    [`G.V().Sort(DESC,'Name').Limit(10)`, ['≤ 1.3', '≤ 20'], 30],
  ];
  for (const [text, goal, runs] of goals) {
    const { ms, cpuMs, result } = await time(graph, text, runs);
    rows.push({
      measure: `${label}: \`${text}\` → ${sizeOf(result)}`,
      value: `${ms.toFixed(3)} ms`,
      goal: `${goal[at]} ms`,
      cpu: `${cpuMs.toFixed(2)} ms`,
    });
  }
  for (const [steps, nameOn, goal] of [
    [15, (host: string) => `veth${host}-60`, ['≤ 20', '≤ 150']],
    [5, (host: string) => `pod-${host}-80`, ['≤ 0.5', '≤ 0.5']],
  ] as const) {
    const target = await nodeAt(graph, steps, nameOn, nodeCount / 100);
    const text = `G.V().Has('Name','pod-0-80').ShortestPathTo(Metadata('Name','${target}'))`;
    const { ms, cpuMs } = await time(graph, text, 20);
    rows.push({
      measure: `${label}: \`ShortestPathTo\`, ${steps} steps`,
      value: `${ms.toFixed(3)} ms`,
      goal: `${goal[at]} ms`,
      cpu: `${cpuMs.toFixed(2)} ms`,
    });
  }
  rows.push(...(await wholeGraph(graph, label, ['≤ 800', '≤ 8000'][at]!)));
  return rows;
}

/** Query and encoding together, and how long others had to wait meanwhile. */
async function wholeGraph(graph: Graph, label: string, goal: string): Promise<Row[]> {
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let bytes = 0;
  const cpu = process.cpuUsage();
  const runs = 3;
  delay.enable();
  for (let i = 0; i < runs; i++) {
    bytes = 0;
    const start = performance.now();
    for await (const chunk of encodeJson(await parseQuery('G').run(graph))) bytes += chunk.length;
    times.push(performance.now() - start);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  return [
    {
      measure: `${label}: whole graph as JSON → ${(bytes / 1e6).toFixed(0)} MB`,
      value: `${median(times).toFixed(0)} ms`,
      goal: `${goal} ms`,
      cpu: `${((user + system) / 1000 / runs).toFixed(0)} ms`,
    },
    {
      measure: `${label}: loop delay meanwhile, p99 / max`,
      value: `${(delay.percentile(99) / 1e6).toFixed(1)} / ${(delay.max / 1e6).toFixed(1)} ms`,
      goal: '≤ 20 / ≤ 50 ms',
    },
  ];
}

export async function run(): Promise<Row[]> {
  const rows = await size(100_000, 0);
  if (process.env['GREMLIN_BENCH_LARGE'] === '1') rows.push(...(await size(1_000_000, 1)));
  return rows;
}
