// SPDX-License-Identifier: Apache-2.0
// Captures that count in the kernel: what is left for the agent's process, what the program costs a packet by the
// kernel's own statistics, and whether flows get lost. 64-byte UDP packets, sent by another process through the
// kernel's XDP test run. `npm run bench -- ebpf`; needs root.

import { readFileSync, writeFileSync } from 'node:fs';
import { startCapture } from '../traffic/capture-process.js';
import { sendLiveFrames } from '../traffic/live-frames.js';
import { VethNamespace } from '../traffic/veth.js';
import type { Row } from './row.js';

const statistics = '/proc/sys/kernel/bpf_stats_enabled';

interface Case {
  readonly name: string;
  /** Packets a second. */
  readonly rate: number;
  readonly flows: number;
  readonly seconds: number;
  readonly cpuGoal?: string;
  /** Of the program a packet. */
  readonly hookGoal?: string;
}

const cases: readonly Case[] = [
  { name: '10k/s, 1k flows', rate: 10_000, flows: 1000, seconds: 5 },
  {
    name: '100k/s, 1k flows',
    rate: 100_000,
    flows: 1000,
    seconds: 10,
    cpuGoal: '≤ 0.5 % of a core',
    hookGoal: '≤ 300 ns',
  },
  {
    name: '100k/s, 50k flows',
    rate: 100_000,
    flows: 50_000,
    seconds: 10,
    cpuGoal: '≤ 5 % of a core',
    hookGoal: '≤ 300 ns',
  },
  { name: '500k/s, 1k flows', rate: 500_000, flows: 1000, seconds: 5, hookGoal: '≤ 300 ns' },
  { name: '200k/s, 1M flows', rate: 200_000, flows: 1_000_000, seconds: 10 },
];

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  const before = readFileSync(statistics);
  writeFileSync(statistics, '1');
  try {
    for (const each of cases) rows.push(...(await measure(each)));
  } finally {
    writeFileSync(statistics, before);
  }
  return rows;
}

async function measure({ name, rate, flows, seconds, cpuGoal, hookGoal }: Case): Promise<Row[]> {
  const veth = new VethNamespace('benchbpf');
  try {
    const options = { interface: 'in', namespacePath: veth.path, maxEntries: 2_000_000 };
    const capture = await startCapture('EbpfCapture', options);
    const send = (packets: number) =>
      sendLiveFrames({ namespace: veth.path, interface: 'out', rate, flows, packets });
    // Once round: entries are made.
    await send(flows);
    const made = await capture.settled(veth.received());
    const sent = await send(rate * seconds);
    const busy = await capture.measure();
    const arrived = veth.received();
    const { stats } = await capture.settled(arrived);
    await capture.stop();
    const cpu = busy.cpuSeconds - made.cpuSeconds;
    const lost = arrived - stats.packets - stats.packetsDropped;
    const known = (stats.hookNs - made.stats.hookNs) / (stats.hookRuns - made.stats.hookRuns);
    return [
      {
        measure: `${name}: user space`,
        value: `${((cpu / sent.seconds) * 100).toFixed(2)} % of a core`,
        ...(cpuGoal !== undefined && { goal: cpuGoal }),
        cpu: `${cpu.toFixed(3)} s`,
      },
      {
        measure: `${name}: program (${stats.hook}) a packet of a known flow`,
        value: `${known.toFixed(0)} ns`,
        ...(hookGoal !== undefined && { goal: hookGoal }),
      },
      {
        measure: `${name}: the same, first packet of a flow`,
        value: `${(made.stats.hookNs / made.stats.hookRuns).toFixed(0)} ns`,
      },
      {
        measure: `${name}: flows lost`,
        value: `${flows - stats.flowCount} of ${flows}, packets lost ${stats.packetsDropped} of ${arrived}${lost === 0 ? '' : `, ${lost} NOT COUNTED`}, through the ring ${stats.packetsOverflowed}`,
        goal: '0',
      },
    ];
  } finally {
    veth.remove();
  }
}
