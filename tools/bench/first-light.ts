// SPDX-License-Identifier: Apache-2.0
// The appliance as a whole: start, reaction to the kernel, what it costs at rest. Needs root and `ip`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Row } from './row.js';

const port = 18082;
const connection = new Agent({ keepAlive: true });

function query(gremlin: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ GremlinQuery: gremlin });
    const asked = request(
      { host: '127.0.0.1', port, path: '/api/topology', method: 'POST', agent: connection },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${answer.statusCode}: ${text}`));
        });
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `done` likes the answer; milliseconds since `since`. */
async function until(gremlin: string, done: (answer: unknown) => boolean, since: number): Promise<number> {
  for (;;) {
    const answer = await query(gremlin).catch(() => undefined);
    if (answer !== undefined && done(answer)) return performance.now() - since;
    if (performance.now() - since > 20_000) throw new Error(`no answer within 20 s: ${gremlin}`);
    if (answer === undefined) await pause(2);
  }
}

const found = (answer: unknown) => Array.isArray(answer) && answer.length > 0;

function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap(processTree)];
}

function pssMiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1]) / 1024;
}

/** User + system time of a process, milliseconds (clock ticks of 10 ms). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-'));
  const rows: Row[] = [];
  try {
    const starts: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const since = performance.now();
      const child = start(folder);
      starts.push(await until("G.V().Has('Type', 'host').Out().Has('Name', 'lo')", found, since));
      await stop(child);
    }
    rows.push({
      measure: 'process start → first answered query (interfaces in it), median of 7',
      value: `${median(starts).toFixed(0)} ms`,
      goal: '≤ 700 ms',
    });

    const child = start(folder);
    await until("G.V().Has('Name', 'lo')", found, performance.now());
    const reactions: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const name = `skybench${round}`;
      execFileSync('ip', ['link', 'add', name, 'type', 'bridge']);
      reactions.push(await until(`G.V().Has('Name', '${name}')`, found, performance.now()));
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
