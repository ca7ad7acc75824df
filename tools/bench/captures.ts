// SPDX-License-Identifier: Apache-2.0
// An agent with 200 captures at once: the memory it takes without and with flows, and the time from the API to the
// last interface. Needs root.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { CapturedHost } from '../../test/e2e/captured-host.js';
import { pause } from './asker.js';
import { cpuMs, pssMiB } from './processes.js';
import type { Row } from './row.js';

const interfaces = 200;
const flowsEach = 1000;
const restMs = 20_000;

/** What the machine can still give, MiB: rings are memory of the kernel. */
function availableMiB(): number {
  return Number(/MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) / 1024;
}

/** A datagram to each port of each far end, from the host. */
const sender = `
  const socket = require('dgram').createSocket('udp4');
  let left = ${interfaces * flowsEach};
  const next = () => {
    if (left-- === 0) return socket.close();
    socket.send('x', 20000 + Math.floor(left / ${interfaces}), '10.60.' + (left % ${interfaces}) + '.2', next);
  };
  socket.bind(0, next);`;

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await pause(50);
}

export async function run(): Promise<Row[]> {
  const ends: (() => void)[] = [];
  const scene = await CapturedHost.up(
    { after: (end: () => void) => ends.push(end) } as unknown as TestContext,
    {
      SKYDIVE_AGENT_CAPTURE_RING_SIZE: '4MiB',
    },
  );
  try {
    const { host, far } = scene;
    const names = Array.from({ length: interfaces }, (_, at) => `p${at}`);
    host.network.batch(
      names.flatMap((name, at) => [
        `link add ${name} type veth peer name ${name}f netns ${far.name}`,
        `addr add 10.60.${at}.1/24 dev ${name}`,
        `link set ${name} up`,
      ]),
    );
    far.batch(
      names.flatMap((name, at) => [`addr add 10.60.${at}.2/24 dev ${name}f`, `link set ${name}f up`]),
    );
    await scene.start();
    const count = (query: string) => scene.query<number>(`G.V().Has(${query}).Count()`);
    await until(async () => (await count("'Name', Regex('p[0-9]+'), 'State', 'UP'")) === interfaces);
    const { pid } = scene.agent;
    const [pssBefore, freeBefore] = [pssMiB(pid), availableMiB()];
    const busy = () => [scene.agent, scene.analyzer].map(({ pid: of }) => cpuMs(of));
    const busyBefore = busy();
    const started = performance.now();
    await scene.create({ GremlinQuery: "G.V().Has('Name', Regex('p[0-9]+'))" });
    await until(async () => (await count("'Captures.State', 'active'")) === interfaces);
    const startedMs = performance.now() - started;
    const [agentMs, analyzerMs] = busy().map((ms, at) => ms - busyBefore[at]!);
    await pause(5000);
    const memory = () =>
      `${pssMiB(pid).toFixed(0)} MB PSS (${pssBefore.toFixed(0)} without), the machine has ${(freeBefore - availableMiB()).toFixed(0)} MB less`;
    const idle = memory();
    const cpuBefore = cpuMs(pid);
    await pause(restMs);
    const cpu = (100 * (cpuMs(pid) - cpuBefore)) / restMs;
    execFileSync('ip', ['netns', 'exec', host.network.name, process.execPath, '-e', sender]);
    await pause(5000);
    const flows = await scene.query<number>("G.Flows().Has('Application', 'UDP').Count()");
    return [
      {
        measure: `${interfaces} captures created at once → all active`,
        value: `${startedMs.toFixed(0)} ms`,
        cpu: `agent ${agentMs} ms, analyzer ${analyzerMs} ms`,
      },
      {
        measure: `agent with ${interfaces} captures, rings of 4 MiB, little traffic`,
        value: idle,
        goal: '≤ 1 GiB',
        cpu: `${cpu.toFixed(2)} % of a core`,
      },
      {
        measure: `the same with ${flows} flows in the tables`,
        value: memory(),
        goal: '≤ 1 GiB',
      },
    ];
  } finally {
    for (const end of ends.reverse()) end();
  }
}
