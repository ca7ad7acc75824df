// SPDX-License-Identifier: Apache-2.0
// An agent on a host with 100 network namespaces, connected to an analyzer: what it takes to see them, and to watch
// them. Needs root.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, pause } from './asker.js';
import { cpuMs, processTree, pssMiB, rssMiB } from './processes.js';
import { median, type Row } from './row.js';

const port = 18181;
const analyzerPort = 18182;
const namespaces = 100;

/** Namespaces bound in a folder, each with an end of two veth pairs: a ring. */
function makeRing(folder: string): string[] {
  mkdirSync(folder);
  const paths = Array.from({ length: namespaces }, (_, at) => join(folder, `n${at}`));
  for (const path of paths) {
    writeFileSync(path, '');
    execFileSync('unshare', [`--net=${path}`, 'ip', 'link', 'set', 'lo', 'up']);
  }
  for (const [at, path] of paths.entries()) {
    const next = paths[(at + 1) % namespaces]!;
    const pair = ['link', 'add', 'right', 'type', 'veth', 'peer', 'name', 'left', 'netns', next];
    execFileSync('nsenter', [`--net=${path}`, 'ip', ...pair]);
  }
  return paths;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-'));
  const runPath = join(folder, 'netns');
  const paths = makeRing(runPath);
  const asker = new Asker(port);
  const start = () =>
    spawn(process.execPath, ['dist/skydive.mjs', 'agent'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        SKYDIVE_AGENT_LISTEN: `127.0.0.1:${port}`,
        SKYDIVE_AGENT_TOPOLOGY_NETNS_RUN_PATH: runPath,
        SKYDIVE_LOGGING_LEVEL: 'WARNING',
        SKYDIVE_ANALYZERS: `127.0.0.1:${analyzerPort}`,
      },
    });
  const analyzer = spawn(process.execPath, ['dist/skydive.mjs', 'analyzer'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SKYDIVE_ANALYZER_LISTEN: `127.0.0.1:${analyzerPort}`,
      SKYDIVE_ETCD_LISTEN: '127.0.0.1:18379',
      SKYDIVE_ETCD_DATA_DIR: join(folder, 'etcd'),
      SKYDIVE_STORAGE_LEVEL_PATH: join(folder, 'history'),
      SKYDIVE_LOGGING_LEVEL: 'WARNING',
    },
  });
  await new Asker(analyzerPort).until('G.V().Count()', (answer) => answer === 0, performance.now());
  let agent = start();
  const stop = () => {
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill('SIGTERM');
    return ended;
  };
  try {
    const visible: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      if (round > 0) {
        await stop();
        agent = start();
      }
      const all = (answer: unknown) => answer === 2 * namespaces;
      visible.push(await asker.until("G.V().Has('Type', 'veth').Count()", all, performance.now()));
    }
    await pause(20_000);
    const pids = processTree(agent.pid!);
    const sum = (measure: (pid: number) => number) => pids.map(measure).reduce((a, b) => a + b);
    const before = sum(cpuMs);
    const restMs = 30_000;
    await pause(restMs);
    const used = sum(cpuMs) - before;
    return [
      {
        measure: `agent started with ${namespaces} namespaces, ${2 * namespaces} veth ends → all visible, median of 5`,
        value: `${median(visible).toFixed(0)} ms`,
        goal: '≤ 1500 ms',
      },
      {
        measure: `agent at rest, ${namespaces} namespaces, after 20 s`,
        value: `${sum(pssMiB).toFixed(0)} MB PSS, ${sum(rssMiB).toFixed(0)} MB RSS`,
        goal: '★ ≤ 60 MB, ≤ 0.5 %',
        cpu: `${((100 * used) / restMs).toFixed(2)} % of a core`,
      },
    ];
  } finally {
    await stop();
    analyzer.kill('SIGTERM');
    for (const path of paths) execFileSync('umount', [path]);
    rmSync(folder, { recursive: true, force: true });
  }
}
