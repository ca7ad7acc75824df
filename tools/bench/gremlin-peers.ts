// SPDX-License-Identifier: Apache-2.0
// Our language beside Apache TinkerGraph (Java, Maven) and Kuzu (Python), on the same graph in the same run. Only with
// GREMLIN_BENCH_PEERS=1: what they need is fetched into a cache folder outside the clone. GREMLIN_BENCH_NODES sets the
// size (100000).

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetadataMap } from '../../src/graph/element.js';
import { dataCentre, hostEdges, hostNodes, nodesPerHost } from './data/hosts.js';
import { nodeAt, time } from './gremlin.js';
import type { Row } from './row.js';

const peers = join(import.meta.dirname, '../../../tools/bench/peers');
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'skydive-peers');

function execute(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
}

function writeData(folder: string, nodeCount: number): void {
  const hosts = Math.ceil(nodeCount / nodesPerHost);
  const keys = Object.keys([...hostNodes(0)][0]!.Metadata);
  const cells = (metadata: MetadataMap): string[] => keys.map((key) => String(metadata[key]));
  const nodes: string[] = [['ID', ...keys].join(',')];
  const edges: string[] = ['from,to,RelationType'];
  for (let host = 0; host < hosts; host++) {
    for (const { ID, Metadata } of hostNodes(host)) nodes.push([ID, ...cells(Metadata)].join(','));
    for (const { Parent, Child, Metadata } of hostEdges(host, hosts))
      edges.push([Parent, Child, String(Metadata['RelationType'])].join(','));
  }
  writeFileSync(join(folder, 'nodes.csv'), `${nodes.join('\n')}\n`);
  writeFileSync(join(folder, 'edges.csv'), `${edges.join('\n')}\n`);
}

/** Milliseconds by measure, from lines of "measure<TAB>milliseconds<TAB>count". */
function parse(output: string): ReadonlyMap<string, readonly [ms: number, count: number]> {
  const rows = output.split('\n').filter((line) => line.includes('\t'));
  return new Map(
    rows.map((line) => {
      const [name, ms, count] = line.split('\t') as [string, string, string];
      return [name, [Number(ms), Number(count)]] as const;
    }),
  );
}

function tinkerGraph(data: string, names: readonly string[]): ReturnType<typeof parse> {
  const folder = join(cache, 'tinkergraph');
  mkdirSync(folder, { recursive: true });
  cpSync(join(peers, 'tinkergraph'), folder, { recursive: true });
  if (!existsSync(join(folder, 'jars')))
    execute('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'], folder);
  execute('javac', ['-cp', 'jars/*', 'TinkerGraphBench.java'], folder);
  return parse(execute('java', ['-Xmx8g', '-cp', 'jars/*:.', 'TinkerGraphBench', data, ...names], folder));
}

function kuzu(data: string, names: readonly string[]): ReturnType<typeof parse> {
  const folder = join(cache, 'kuzu');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'venv'))) {
    execute('python3', ['-m', 'venv', 'venv'], folder);
    execute('venv/bin/pip', ['-q', 'install', 'kuzu'], folder);
  }
  const script = join(peers, 'kuzu/kuzu_bench.py');
  return parse(execute('venv/bin/python', [script, data, join(data, 'database'), ...names], folder));
}

export async function run(): Promise<Row[]> {
  if (process.env['GREMLIN_BENCH_PEERS'] !== '1')
    return [{ measure: 'peers', value: 'left out: set GREMLIN_BENCH_PEERS=1' }];
  const nodeCount = Number(process.env['GREMLIN_BENCH_NODES'] ?? 100_000);
  const hosts = nodeCount / nodesPerHost;
  const graph = dataCentre(nodeCount);
  const far = await nodeAt(graph, 15, (host) => `veth${host}-60`, hosts);
  const near = await nodeAt(graph, 5, (host) => `pod-${host}-80`, hosts);
  const path = (to: string): string =>
    `G.V().Has('Name','pod-0-80').ShortestPathTo(Metadata('Name','${to}'))`;
  const queries: readonly (readonly [measure: string, query: string, runs: number])[] = [
    ['name', `G.V().Has('Name','host-42')`, 200],
    ['type', `G.V().Has('Type','veth').Count()`, 30],
    ['regex', `G.V().Has('Name',Regex('eth.*[37]'))`, 20],
    ['no index', `G.V().Has('IfIndex',42)`, 20],
    ['two hops', `G.V().Has('Type','host').Out().Out().Count()`, 20],
    ['subgraph', `G.V().Has('Name','host-42').Out().Out().Dedup().SubGraph()`, 50],
    ['sort', `G.V().Sort('Name').Limit(10)`, 10],
    ['path 15', path(far), 10],
    ['path 5', path(near), 10],
  ];
  const data = mkdtempSync(join(tmpdir(), 'skydive-peers-'));
  try {
    writeData(data, nodeCount);
    const names = ['pod-0-80', far, near];
    const others = [
      ['TinkerGraph', tinkerGraph(data, names)],
      ['Kuzu', kuzu(data, names)],
    ] as const;
    const rows: Row[] = [];
    for (const [measure, query, runs] of queries) {
      const { ms, cpuMs } = await time(graph, query, runs);
      const beside = others.map(([name, found]) => {
        const [theirs] = found.get(measure) ?? [];
        return theirs === undefined
          ? `${name} –`
          : `${name} ${theirs.toFixed(3)} ms (${(theirs / ms).toFixed(1)} ×)`;
      });
      rows.push({
        measure: `${nodeCount} nodes: \`${query}\``,
        value: `${ms.toFixed(3)} ms; ${beside.join('; ')}`,
        cpu: `${cpuMs.toFixed(2)} ms`,
      });
    }
    return rows;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
