// SPDX-License-Identifier: Apache-2.0
// The appliance as a whole: start, reaction to the kernel, what it costs at rest. Needs root and `ip`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker, pause } from './asker.js';
import { cpuMs, processTree, pssMiB } from './processes.js';
import { median, type Row } from './row.js';

const port = 18082;
const asker = new Asker(port);
function start(folder: string): ChildProcess {
  return spawn(process.execPath, ['dist/skydive.mjs', 'allinone'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SKYDIVE_ANALYZER_LISTEN: `127.0.0.1:${port}`,
      SKYDIVE_AGENT_LISTEN: `127.0.0.1:${port - 1}`,
      SKYDIVE_ETCD_DATA_DIR: join(folder, 'etcd'),
      SKYDIVE_STORAGE_LEVEL_PATH: join(folder, 'history'),
      SKYDIVE_AGENT_TOPOLOGY_NETNS_RUN_PATH: join(folder, 'netns'),
      SKYDIVE_LOGGING_LEVEL: 'WARNING',
    },
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

const found = (answer: unknown) => Array.isArray(answer) && answer.length > 0;

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-'));
  const rows: Row[] = [];
  try {
    const starts: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const since = performance.now();
      const child = start(folder);
      starts.push(await asker.until("G.V().Has('Type', 'host').Out().Has('Name', 'lo')", found, since));
      await stop(child);
    }
    rows.push({
      measure: 'process start → first answered query (interfaces in it), median of 7',
      value: `${median(starts).toFixed(0)} ms`,
      goal: '≤ 700 ms',
    });

    const child = start(folder);
    await asker.until("G.V().Has('Name', 'lo')", found, performance.now());
    const reactions: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const name = `skybench${round}`;
      execFileSync('ip', ['link', 'add', name, 'type', 'bridge']);
      reactions.push(await asker.until(`G.V().Has('Name', '${name}')`, found, performance.now()));
      execFileSync('ip', ['link', 'del', name]);
    }
    rows.push({
      measure: '`ip link add` → answered by a query, after `ip` returned, median of 20',
      value: `${median(reactions).toFixed(1)} ms`,
      goal: '≤ 2 ms',
    });

    await pause(20_000);
    const pids = processTree(child.pid!);
    const before = pids.map(cpuMs).reduce((a, b) => a + b);
    const restMs = 30_000;
    await pause(restMs);
    const used = pids.map(cpuMs).reduce((a, b) => a + b) - before;
    rows.push({
      measure: `analyzer and agent at rest, ${pids.length} processes, after 20 s`,
      value: `${pids
        .map(pssMiB)
        .reduce((a, b) => a + b)
        .toFixed(0)} MB PSS`,
      goal: '≤ 130 MB, ≤ 1 %',
      cpu: `${((100 * used) / restMs).toFixed(1)} % of a core`,
    });
    await stop(child);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
