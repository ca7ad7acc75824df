// SPDX-License-Identifier: Apache-2.0
// The history in Level: 100k nodes and as many edges live, a million revisions behind them.
// `npm run bench -- history`.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Edge, Node } from '../../src/graph/element.js';
import type { GraphEvent } from '../../src/graph/event.js';
import { Graph } from '../../src/graph/graph.js';
import type { GraphSource } from '../../src/graph/view.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { LevelHistory } from '../../src/store/level/history.js';
import { historySource } from '../../src/store/source.js';
import { median, type Row } from './row.js';

const liveNodes = 100_000;
const rounds = 10;
/** The data set's own time: a metric update of every interface each half minute. */
const began = 1_700_000_000_000;
const roundMs = 30_000;

function makeNode(index: number): Node {
  const id = `${index.toString(16).padStart(8, '0')}-0000-5000-6000-000000000000`;
  const type = index % 100 === 0 ? 'host' : index % 5 === 0 ? 'veth' : 'device';
  return {
    ID: id,
    Metadata: {
      Name: type === 'host' ? `host-${index / 100}` : `eth${index}`,
      Type: type,
      TID: id.replace('6000', '4fff'),
      MAC: `02:00:00:00:${(index >> 8) & 255}:${index & 255}`,
      State: index % 9 === 0 ? 'DOWN' : 'UP',
      Driver: 'virtio_net',
      MTU: 1500 + (index % 7),
      IfIndex: index % 1000,
      Speed: 10000,
      EncapType: 'ether',
      IPV4: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}/24`],
      Metric: { RxBytes: 0, RxPackets: 0, TxBytes: 0, TxPackets: 0, Last: began },
    },
    Host: `host-${Math.floor(index / 100)}`,
    Origin: `agent.host-${Math.floor(index / 100)}`,
    CreatedAt: began,
    UpdatedAt: began,
    DeletedAt: null,
    Revision: 1,
  };
}

function makeEdge(nodes: readonly Node[], index: number): Edge {
  const child = nodes[index]!;
  const { ID, Host, Origin, CreatedAt, UpdatedAt, DeletedAt, Revision } = child;
  return {
    ID: ID.replace('6000', '7000'),
    Metadata: { RelationType: index % 100 === 0 ? 'layer2' : 'ownership' },
    Host,
    Origin,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
    Revision,
    Parent: nodes[index - (index % 100)]!.ID,
    Child: ID,
  };
}

/** The counters of an interface after a round, as an update. */
function count(previous: Node, round: number): GraphEvent & { readonly node: Node } {
  const at = began + round * roundMs + (Number.parseInt(previous.ID.slice(0, 8), 16) % roundMs);
  const packets = round * 1000 + (previous.CreatedAt % 97);
  const Metric = {
    RxBytes: packets * 900,
    RxPackets: packets,
    TxBytes: packets * 300,
    TxPackets: packets >> 1,
    Last: at,
  };
  const node = {
    ...previous,
    Metadata: { ...previous.Metadata, Metric },
    UpdatedAt: at,
    Revision: previous.Revision + 1,
  };
  return { type: 'nodeUpdated', node, previous };
}

async function timed(source: GraphSource, query: string): Promise<number> {
  const parsed = parseQuery(query);
  const start = performance.now();
  await parsed.run(source);
  return performance.now() - start;
}

/** Instants all over the past, another one each time. */
function* instants(from: number, to: number): Generator<number> {
  for (let place = 0; ; place++) yield from + Math.floor(((place * 0.618034) % 1) * (to - from));
}

const at = (instant: number, query: string): string => `G.At(${instant}).${query}`;

/** First and later queries, in milliseconds. */
async function queries(source: GraphSource, label: string, from: number, to: number): Promise<Row[]> {
  const times = instants(from, to);
  const rows: Row[] = [];
  const row = (measure: string, ms: readonly number[], goal: string): void => {
    const worst = Math.max(...ms);
    rows.push({
      measure: `${label}: ${measure}`,
      value: `${median(ms).toFixed(2)} ms (worst ${worst.toFixed(1)})`,
      goal,
    });
  };
  const fresh = async (query: string): Promise<number[]> => {
    const ms: number[] = [];
    for (let run = 0; run < 15; run++) ms.push(await timed(source, at(times.next().value!, query)));
    return ms;
  };
  row('At(t).V().Has(Name, host-42)', await fresh("V().Has('Name','host-42')"), '≤ 5 ms');
  row('At(t).V().Count()', await fresh('V().Count()'), '≤ 150 ms');
  row('At(t).V().Has(Name, host-42).Out()', await fresh("V().Has('Name','host-42').Out()"), '');
  row(
    'At(t).V().Has(MTU, 1503).Count(), every element read',
    (await fresh("V().Has('MTU',1503).Count()")).slice(0, 3),
    '',
  );
  const again = times.next().value!;
  await timed(source, at(again, 'V().Count()'));
  for (const query of ['V().Count()', "V().Has('Name','host-42')", "V().Has('Type','veth').Count()"]) {
    const past: number[] = [];
    const live: number[] = [];
    // Microseconds each: the first ones measure how far the code is compiled.
    for (let run = 0; run < 300; run++) {
      live.push(await timed(source, `G.${query}`));
      past.push(await timed(source, at(again, query)));
    }
    live.splice(0, 100);
    past.splice(0, 100);
    rows.push({
      measure: `${label}: again at that t, ${query}`,
      value: `${median(past).toFixed(3)} ms, live ${median(live).toFixed(3)} ms`,
      goal: '≤ 2 × live',
    });
  }
  return rows;
}

/** Runs and says how long, with CPU time and the longest that the event loop was held. */
async function measure<T>(
  run: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: string; delay: string }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  const result = await run();
  delay.disable();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    result,
    seconds,
    cpu: `${((user + system) / 1e6).toFixed(1)} s`,
    delay: `loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms`,
  };
}

async function insert(graph: Graph, nodes: readonly Node[], edges: readonly Edge[]): Promise<void> {
  for (const [place, node] of nodes.entries()) {
    graph.applyNodeAdded(node);
    if (place % 1000 === 0) await nextTurn();
  }
  for (const [place, edge] of edges.entries()) {
    graph.applyEdgeAdded(edge);
    if (place % 1000 === 0) await nextTurn();
  }
}

/** The million updates, as fast as they are taken without dropping one. */
async function update(graph: Graph, history: LevelHistory, nodes: Node[]): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (let index = 0; index < nodes.length; index++) {
      const { node } = count(nodes[index]!, round);
      graph.applyNodeUpdated(node);
      nodes[index] = node;
      if (index % 500 !== 499) continue;
      await nextTurn();
      while (history.status().pending > 20_000) await history.flush();
    }
  }
  await history.flush();
}

export async function run(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-bench-'));
  const rows: Row[] = [];
  try {
    const options = {
      folder: join(folder, 'history'),
      ownOrigin: 'analyzer.bench',
      retention: { maxAgeMs: 7 * 86_400_000 },
    };
    const history = await LevelHistory.open(options);
    const graph = new Graph({ host: 'bench', origin: 'analyzer.bench' });
    const stop = graph.on((event) => history.append(event));
    const nodes = Array.from({ length: liveNodes }, (_, index) => makeNode(index));
    const edges = nodes.map((_, index) => makeEdge(nodes, index));
    const inserted = await measure(async () => {
      await insert(graph, nodes, edges);
      await history.flush();
    });
    rows.push({
      measure: 'append 100k nodes and 100k edges, graph included',
      value: `${((2 * liveNodes) / inserted.seconds / 1000).toFixed(0)}k revisions/s, ${inserted.delay}`,
      cpu: inserted.cpu,
    });
    const before = history.writtenBytes;
    const updated = await measure(() => update(graph, history, nodes));
    const { dropped } = history.status();
    rows.push({
      measure: 'append 1M metric updates, graph included',
      value: `${((rounds * liveNodes) / updated.seconds / 1000).toFixed(0)}k revisions/s, ${updated.delay}, ${dropped} dropped`,
      cpu: updated.cpu,
    });
    const source = historySource(graph, history);
    const end = began + (rounds + 1) * roundMs;
    const bytes = history.writtenBytes - before;
    rows.push(...(await queries(source, 'as written', began + roundMs, end)));
    stop();
    await history.close();

    const opened = await measure(() => LevelHistory.open(options));
    const again = opened.result;
    const status = again.status();
    rows.push({
      measure: 'a revision',
      value: `${(bytes / rounds / liveNodes).toFixed(0)} B before compression; on disk in all ${(status.bytes / 1e6).toFixed(0)} MB in ${status.windows.length} window(s)`,
    });
    rows.push({
      measure: 'open after a restart, everything read',
      value: `${opened.seconds.toFixed(2)} s, ${opened.delay}`,
      cpu: opened.cpu,
    });
    rows.push(...(await queries(historySource(graph, again), 'after a restart', began + roundMs, end)));
    await sleep(0);
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}
