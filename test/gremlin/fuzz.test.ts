// SPDX-License-Identifier: Apache-2.0
// Queries put together at random, from whole pieces of right queries down to single characters. Whatever comes, it is
// answered or refused with a status below 500. GREMLIN_FUZZ_SECONDS sets how long (5; 30 in CI), GREMLIN_FUZZ_SEED
// repeats a run.

import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SkydiveError } from '../../src/errors.js';
import { encodeJson } from '../../src/gremlin/output/json.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { steps } from '../../src/gremlin/steps/registry.js';
import { datasets } from './datasets.js';
import { accepted, rejected } from './fixtures.js';

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

const made = Object.values(datasets).map((make) => make());

test(`no query ends the process or answers a status of 500 (seed ${seed}, ${seconds} s)`, async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const draw = random(seed);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let count = 0;
  let answered = 0;
  let heapAfterWarmup = 0;
  let slowest = { us: 0, query: '' };
  const end = Date.now() + seconds * 1000;
  const warm = Date.now() + Math.min(2000, seconds * 300);
  while (Date.now() < end) {
    const query = draw() < 0.5 ? recombine(draw) : mutate(draw);
    const { graph, flows } = made[count++ % made.length]!;
    flows.asked.length = 0;
    const cpu = process.cpuUsage();
    try {
      const options = { flows, timeoutMs: 2000, maxRows: 20_000 };
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
    if (user + system > slowest.us && heapAfterWarmup > 0) slowest = { us: user + system, query };
    if (heapAfterWarmup === 0 && Date.now() >= warm) {
      collect();
      heapAfterWarmup = process.memoryUsage().heapUsed;
      delay.enable();
    }
    // Lets timers run, as a server does between requests.
    if (count % 64 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  delay.disable();
  collect();
  const grownMb = (process.memoryUsage().heapUsed - heapAfterWarmup) / 2 ** 20;
  t.diagnostic(
    `${count} queries, ${answered} answered; heap grew ${grownMb.toFixed(1)} MiB; loop delay max ${(delay.max / 1e6).toFixed(1)} ms; most CPU ${(slowest.us / 1000).toFixed(1)} ms: ${JSON.stringify(slowest.query).slice(0, 500)}`,
  );
  assert.ok(answered > count / 20, 'hardly any query was right: the fuzz tests too little');
  assert.ok(grownMb < 16, `the heap grew by ${grownMb} MiB`);
});
