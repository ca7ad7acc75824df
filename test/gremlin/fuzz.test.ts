// SPDX-License-Identifier: Apache-2.0
// Queries put together at random, from whole pieces of right queries down to single characters. Whatever comes, it is
// answered or refused with a status below 500. GREMLIN_FUZZ_SECONDS sets how long (5; 30 in CI; from 600 on the event
// loop must not have been held for 50 ms), GREMLIN_FUZZ_SEED repeats a run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SkydiveError } from '../../src/errors.js';
import { Graph } from '../../src/graph/graph.js';
import type { GraphSource } from '../../src/graph/view.js';
import type { Flow } from '../../src/gremlin/flow-source.js';
import { encodeJson } from '../../src/gremlin/output/json.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { steps } from '../../src/gremlin/steps/registry.js';
import { datasets } from './datasets.js';
import { FakeFlows } from './fake-flows.js';
import { accepted, rejected } from './fixtures.js';
import { largeModel } from './random-query.js';

const inCi = process.env['CI'] === 'true';
const seconds = Number(process.env['GREMLIN_FUZZ_SECONDS'] ?? (inCi ? 30 : 5));
const seed = Number(process.env['GREMLIN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Mulberry32: a row of numbers in 0..1 that a seed determines. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const corpus = [...accepted, ...rejected].map(({ query }) => query);
const tokens = [
  ...steps.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
  ...['NE', 'NEE', 'LT', 'GTE', 'Within', 'Without', 'Inside', 'Between', 'Regex', 'Ipv4Range', 'Metadata'],
  ...[
    '(',
    ')',
    ',',
    '.',
    '"',
    "'",
    ' ',
    '\n',
    '"Name"',
    '"Type"',
    '"veth"',
    '"MTU"',
    '"@CreatedAt"',
    '"RelationType"',
  ],
  ...[
    '0',
    '1',
    '-1',
    '1.5',
    '99999999999999999999',
    '9223372036854775807',
    '1600000025',
    'true',
    'ASC',
    'DESC',
  ],
  ...[
    'NOW',
    'FOREVER',
    '"-1h"',
    '"10.0.0.0/8"',
    '"fe80::/64"',
    '"(a*)*b"',
    '"(?=x)"',
    '"\\"',
    '\0',
    '\u2028',
    'é',
    '\ud800',
  ],
];

/** Every step of the right queries, in canonical spelling. */
const calls = [...new Set(accepted.flatMap(({ query }) => parseQuery(query).steps.slice(1)))];

/** A right query with steps swapped, dropped and added. */
function recombine(draw: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const made = [...parseQuery(pick(accepted).query).steps];
  for (let i = Math.floor(draw() * 3); i >= 0; i--) {
    const at = 1 + Math.floor(draw() * made.length);
    made.splice(at, draw() < 0.3 ? 1 : 0, ...(draw() < 0.8 ? [pick(calls)] : []));
  }
  return made.join('.');
}

function mutate(draw: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  let query = pick(corpus);
  for (let i = Math.floor(draw() * 6); i >= 0; i--) {
    const at = Math.floor(draw() * (query.length + 1));
    const choice = draw();
    if (choice < 0.3) query = query.slice(0, at) + pick(tokens) + query.slice(at);
    else if (choice < 0.5) query = query.slice(0, at) + query.slice(at + 1 + Math.floor(draw() * 8));
    else if (choice < 0.8) {
      // A step of another query behind this one.
      const other = pick(corpus).split('.').slice(1);
      query += `.${pick(other.length > 0 ? other : ['V()'])}`;
    } else if (choice < 0.95) query += pick(corpus).replace(/^\s*G/i, '');
    else query = query.repeat(1 + Math.floor(draw() * 20));
  }
  return query;
}

/** Fifty thousand flows between the ends that the conformance rows name. */
function manyFlows(): readonly Flow[] {
  const mac = (i: number): string => `02:00:00:00:00:${(i % 256).toString(16).padStart(2, '0')}`;
  const metric = { ABPackets: 3, ABBytes: 300, BAPackets: 2, BABytes: 200, Start: 10_000, Last: 40_000 };
  return Array.from({ length: 50_000 }, (_, i) => ({
    UUID: `flow${i}`,
    Application: i % 3 === 0 ? 'DNS' : 'TCP',
    Link: { Protocol: 'ETHERNET', A: mac(i), B: mac(i >> 3), ID: 0 },
    Network: { Protocol: 'IPV4', A: `10.0.${i % 200}.1`, B: '10.0.9.9', ID: 0 },
    Transport: { Protocol: 'TCP', A: i % 60_000, B: 80, ID: 0 },
    Metric: metric,
    LastUpdateMetric: { ...metric, Start: 10_000 + (i % 100) },
    Start: 10_000,
    Last: 40_000 + i,
    ParentUUID: '',
    NodeTID: `t-${i % 100}`,
    TrackingID: `tr${i >> 1}`,
    RawPacketsCaptured: 1,
    LastRawPackets: i % 9 === 0 ? [{ Timestamp: 15_000, Index: 1, Data: 'AAECAw==', LinkType: 1 }] : [],
  }));
}

/** The graphs of the conformance rows, and one that takes more than a slice of time to go through. */
function graphs(): readonly { readonly graph: GraphSource; readonly flows: FakeFlows }[] {
  const large = new Graph({ host: 'h1', origin: 'analyzer.h1' });
  const { nodes, edges } = largeModel(1, 50_000);
  for (const node of nodes) large.applyNodeAdded(node);
  for (const edge of edges) large.applyEdgeAdded(edge);
  const small = Object.values(datasets).map((make) => make());
  return [
    ...small,
    ...small,
    ...small,
    { graph: large, flows: new FakeFlows(new Map([['h1', manyFlows()]])) },
  ];
}

const made = graphs();

/** Processor time of this thread so far: neither what others run counts, nor what helpers of the collector do. */
function threadUs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1000;
}

/** What one turn of the event loop took at most, in processor time: a busy machine does not count. */
function watchTurns(query: () => string): { start(): void; stop(): { us: number; query: string } } {
  let most = { us: 0, query: '' };
  let running = false;
  let before = threadUs();
  const turn = (): void => {
    const now = threadUs();
    if (now - before > most.us) most = { us: now - before, query: query() };
    before = now;
    if (running) setImmediate(turn);
  };
  return {
    start: () => {
      running = true;
      before = threadUs();
      setImmediate(turn);
    },
    stop: () => {
      running = false;
      return most;
    },
  };
}

/** All that the process holds for JavaScript, after a collection. */
function heldMb(collect: () => void): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

test(`no query ends the process or answers a status of 500 (seed ${seed}, ${seconds} s)`, async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const draw = random(seed);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let query = '';
  const turns = watchTurns(() => query);
  let count = 0;
  let answered = 0;
  let heldAfterWarmup = 0;
  let slowest = { us: 0, query: '' };
  const end = Date.now() + seconds * 1000;
  const warm = Date.now() + Math.min(20_000, seconds * 300);
  while (Date.now() < end) {
    query = draw() < 0.5 ? recombine(draw) : mutate(draw);
    const { graph, flows } = made[count++ % made.length]!;
    flows.asked.length = 0;
    const cpu = process.cpuUsage();
    try {
      const options = { flows, timeoutMs: 2000, maxRows: 200_000 };
      const result = await parseQuery(query).run(graph, options);
      let length = 0;
      for await (const chunk of encodeJson(result)) length += chunk.length;
      assert.ok(length > 0);
      answered++;
    } catch (error) {
      const right = error instanceof SkydiveError && error.status < 500;
      assert.ok(
        right,
        `${JSON.stringify(query)} (seed ${seed}): ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
    const { user, system } = process.cpuUsage(cpu);
    if (user + system > slowest.us && heldAfterWarmup > 0) slowest = { us: user + system, query };
    // A turn of the event loop each, as a server has.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (heldAfterWarmup === 0 && Date.now() >= warm) {
      heldAfterWarmup = heldMb(collect);
      delay.enable();
      turns.start();
    }
  }
  delay.disable();
  const longest = turns.stop();
  const grownMb = heldMb(collect) - heldAfterWarmup;
  const delayMs = delay.max / 1e6;
  t.diagnostic(
    `${count} queries, ${answered} answered; ${heldAfterWarmup.toFixed(1)} MiB held, ${grownMb.toFixed(1)} MiB more at the end; loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${delayMs.toFixed(1)} ms; load ${loadavg()[0]!.toFixed(1)}`,
  );
  const cpu = ({ us, query }: { us: number; query: string }): string =>
    `${(us / 1000).toFixed(1)} ms: ${JSON.stringify(query).slice(0, 500)}`;
  t.diagnostic(`longest turn in processor time ${cpu(longest)}`);
  t.diagnostic(`query of most processor time ${cpu(slowest)}`);
  assert.ok(answered > count / 20, 'hardly any query was right: the fuzz tests too little');
  assert.ok(grownMb < 16, `${grownMb} MiB more are held than after the warm-up`);
  // The long run is made on a quiet machine, to show just this.
  if (seconds >= 600) assert.ok(delayMs <= 50, `the event loop was held for ${delayMs} ms`);
});
