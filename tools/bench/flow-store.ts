// SPDX-License-Identifier: Apache-2.0
// Flows into the analyzer's store, and questions about them: messages of our own flow table over generated captures,
// handed in directly and over UDP; filters over one and ten million stored flows. CPU counts all threads of the
// process, until the last window is a segment file. `npm run bench -- flow-store`.

import { execFile, execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FlowIntake } from '../../src/flow/intake.js';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import { encodeSearchQuery, type SearchQuery } from '../../src/flow/search-query.js';
import { silentLogger } from '../../src/log/logger.js';
import { FlowSegments } from '../../src/store/segments/flow-segments.js';
import { writeTraffic } from '../pcap/traffic.js';
import { median, type Row } from './row.js';

const flowsPerRound = 500_000;
const sender = join(import.meta.dirname, '../../../tools/traffic/flow_datagrams.cc');

/** One flow a message, as agents send over UDP. */
async function messagesOf(folder: string, flows: number): Promise<Buffer[]> {
  const path = join(folder, 'traffic.pcap');
  writeTraffic(path, { packets: flows, flows, mix: 'imix', seed: 5 });
  const messages: Buffer[] = [];
  const options = {
    maxEntries: flows,
    flowsPerMessage: 1,
    nodeTid: '2e7a8c1e-3c43-5a68-4b8f-4c1d2b3a4f5e',
    captureId: 'b3b1c0a2-6f0e-4c47-7d14-9a8b7c6d5e4f',
  };
  await flowsOfPcap(createReadStream(path), options, (batch) => void messages.push(...batch));
  rmSync(path);
  return messages;
}

/** The same flows under other UUIDs: another first digit of those with 16. */
function renamed(messages: readonly Buffer[], round: number): Buffer[] {
  return messages.map((message) => {
    const at = message.indexOf(Buffer.from([0x0a, 16]));
    const other = Buffer.from(message);
    if (at > 0 && at < 6) other[at + 2] = '123456789abcdef'.charCodeAt(round % 15);
    return other;
  });
}

interface Running {
  readonly intake: FlowIntake;
  readonly segments: FlowSegments;
  readonly folder: string;
}

async function open(folder: string): Promise<Running> {
  const segments = await FlowSegments.open({
    folder,
    configKey: 'storage.level.path',
    retention: {},
    logger: silentLogger,
  });
  const options = {
    maxFlows: 100_000,
    bulkDelayMs: 5000,
    logger: silentLogger,
    store: segments.native,
  };
  const intake = new FlowIntake(options, { flows: () => {}, stats: () => {} });
  return { intake, segments, folder };
}

async function settled({ folder }: Running): Promise<void> {
  while (readdirSync(folder).filter((name) => name.endsWith('.log')).length > 1) await sleep(10);
}

interface Spent {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function spend(work: () => Promise<void>): Promise<Spent> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** Ten flows a message, as agents send by WebSocket; never more than the queue takes. */
function putDirectly(running: Running, messages: readonly Buffer[]): Promise<Spent> {
  const tens: Buffer[] = [];
  for (let at = 0; at < messages.length; at += 10) tens.push(Buffer.concat(messages.slice(at, at + 10)));
  return spend(async () => {
    for (let at = 0; at < tens.length; at += 5000) {
      for (let i = at; i < Math.min(at + 5000, tens.length); i++) running.intake.put(tens[i]!);
      await running.intake.drain();
    }
    await settled(running);
  });
}

function rate(flows: number, { seconds, cpuSeconds }: Spent): Pick<Row, 'value' | 'cpu'> {
  return {
    value: `${Math.round(flows / seconds / 1000)}k/s`,
    cpu: `${((cpuSeconds / flows) * 1e6).toFixed(2)} µs a flow`,
  };
}

/** MiB of a process of its own that opens the folder and asks one question: those of its own, and those mapped. */
async function memoryOf(folder: string, query: SearchQuery): Promise<string> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { FlowSegments } from '${new URL('../../src/store/segments/flow-segments.js', import.meta.url)}';
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const of = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]) >> 10;
    const before = [of('RssAnon'), of('RssFile')];
    const segments = await FlowSegments.open({ folder: '${folder}', configKey: '', retention: {}, logger });
    await segments.search(Buffer.from('${encodeSearchQuery(query).toString('hex')}', 'hex'), { from: 0, to: 4e12 });
    console.log((of('RssAnon') - before[0]) + ' MiB own, ' + (of('RssFile') - before[1]) + ' MiB mapped');
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout.trim();
}

const everywhen = { from: 0, to: 4e12 };
const term = (Key: string, Value: string) => ({ TermStringFilter: { Key, Value } });
const questions: readonly (readonly [string, SearchQuery])[] = [
  ['one address', { Filter: term('Network.A', '10.0.77.5') }],
  [
    'either end of an address',
    {
      Filter: { BoolFilter: { Filters: [term('Network.A', '10.0.77.5'), term('Network.B', '10.0.77.5')] } },
    },
  ],
  [
    'a regular expression on addresses',
    {
      Filter: { RegexFilter: { Key: 'Network.A', Value: '^10\\.0\\.7\\d\\.5$' } },
    },
  ],
  [
    'bytes and port',
    {
      Filter: {
        BoolFilter: {
          Op: 1,
          Filters: [
            { GtInt64Filter: { Key: 'Metric.ABBytes', Value: 1400 } },
            { TermInt64Filter: { Key: 'Transport.A', Value: 1077 } },
          ],
        },
      },
    },
  ],
  ['a UUID', { Filter: term('UUID', '123456789abcdef0') }],
  [
    'the ten largest',
    {
      PaginationRange: { To: 10 },
      Sort: true,
      SortBy: 'Metric.ABBytes',
      SortOrder: 2,
    },
  ],
];

async function ask(running: Running, name: string): Promise<Row[]> {
  const rows: Row[] = [];
  const goal = name === '10M' ? '≤ 1000 ms' : '≤ 300 ms';
  for (const [what, query] of questions) {
    const bytes = encodeSearchQuery(query);
    const times: number[] = [];
    const cpus: number[] = [];
    let found = 0;
    for (let run = 0; run < 5; run++) {
      const spent = await spend(async () => {
        found = (await running.segments.search(bytes, everywhen)).length;
      });
      times.push(spent.seconds * 1000);
      cpus.push(spent.cpuSeconds * 1000);
    }
    rows.push({
      measure: `${name} stored flows: ${what} → ${found}`,
      value: `${median(times).toFixed(1)} ms, first ${times[0]!.toFixed(1)}`,
      goal,
      cpu: `${median(cpus).toFixed(1)} ms`,
    });
  }
  for (const [what, answer] of [
    ['Count() of all', (query) => running.segments.count(query, everywhen)],
    [
      'the nodes of all',
      async (query) => (await running.segments.columns(['NodeTID'], query, everywhen))[0]!.places.length,
    ],
    ['Sum() of bytes of all', (query) => running.segments.sum('Metric.ABBytes', query, everywhen)],
  ] as const satisfies readonly (readonly [string, (query: Uint8Array) => Promise<number | string>])[]) {
    let found: number | string = 0;
    const spent: Spent[] = [];
    for (let run = 0; run < 5; run++) {
      spent.push(
        await spend(async () => {
          found = await answer(encodeSearchQuery({}));
        }),
      );
    }
    rows.push({
      measure: `${name} stored flows: ${what} → ${found}`,
      value: `${(median(spent.map(({ seconds }) => seconds)) * 1000).toFixed(1)} ms`,
      goal,
      cpu: `${(median(spent.map(({ cpuSeconds }) => cpuSeconds)) * 1000).toFixed(1)} ms`,
    });
  }
  return rows;
}

async function overUdp(folder: string, messages: readonly Buffer[], perSecond: number): Promise<Row> {
  const program = join(folder, 'flow_datagrams');
  execFileSync('g++', ['-std=c++20', '-O2', sender, '-o', program]);
  const file = join(folder, 'messages');
  const parts = messages.slice(0, 100_000).flatMap((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(message.length);
    return [length, message];
  });
  writeFileSync(file, Buffer.concat(parts));
  const running = await open(join(folder, `udp-${perSecond}`));
  const port = running.intake.listen('127.0.0.1', 0);
  const count = 2_000_000;
  let sent = { seconds: 0 };
  const spent = await spend(async () => {
    const words = [file, '127.0.0.1', port, count, perSecond].map(String);
    const { stdout } = await promisify(execFile)(program, words);
    sent = JSON.parse(stdout) as { seconds: number };
    await running.intake.drain();
    await settled(running);
  });
  const { handled, dropped, kernelDropped } = running.intake.counters();
  running.intake.stop();
  await running.segments.close();
  rmSync(running.folder, { recursive: true });
  const lost = dropped + kernelDropped;
  return {
    measure: `UDP, a flow a datagram, sent at ${Math.round(count / sent.seconds / 1000)}k/s`,
    value: `${Math.round(handled / sent.seconds / 1000)}k/s stored, ${lost} lost and counted${handled + lost === count ? '' : `, ${count - handled - lost} not counted`}`,
    goal: '≥ 500k/s',
    cpu: `${((spent.cpuSeconds / handled) * 1e6).toFixed(2)} µs a flow`,
  };
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-flows-'));
  try {
    const rows: Row[] = [];
    const messages = await messagesOf(folder, flowsPerRound);
    const running = await open(join(folder, 'flows'));
    const all: Spent[] = [];
    for (let round = 0; round < 20; round++) {
      all.push(await putDirectly(running, renamed(messages, round * 7 + Math.floor(round / 15))));
      if (round !== 1) continue;
      rows.push(...(await ask(running, '1M')));
    }
    const { flows, bytes, windows, updates, lost } = running.segments.status();
    const sum = (of: keyof Spent) => all.reduce((total, spent) => total + spent[of], 0);
    rows.unshift({
      measure: `direct, ten flows a message, ${updates} updates of ${flows} flows`,
      goal: '≥ 500k/s',
      ...rate(updates, { seconds: sum('seconds'), cpuSeconds: sum('cpuSeconds') }),
    });
    rows.push(...(await ask(running, '10M')));
    rows.push({
      measure: 'a stored flow on disk',
      value: `${(bytes / flows).toFixed(1)} B in ${windows} windows, ${lost} lost`,
    });
    running.intake.stop();
    await running.segments.close();
    const opening = await spend(async () => {
      const again = await open(running.folder);
      again.intake.stop();
      await again.segments.close();
    });
    rows.push({ measure: 'opening the folder', value: `${(opening.seconds * 1000).toFixed(0)} ms` });
    const [, query] = questions[0]!;
    rows.push({ measure: 'memory to ask 10M stored flows', value: await memoryOf(running.folder, query) });
    rmSync(running.folder, { recursive: true });
    for (const perSecond of [200_000, 500_000, 0]) rows.push(await overUdp(folder, messages, perSecond));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
