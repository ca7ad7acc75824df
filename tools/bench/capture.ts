// SPDX-License-Identifier: Apache-2.0
// Live capture of a veth by AF_PACKET: 64-byte UDP packets at a chosen rate, sent by another process through the
// kernel's XDP test run, to flows. Counted is the whole CPU time of the process that captures.
// `npm run bench -- capture`; needs root.

import { startCapture } from '../traffic/capture-process.js';
import { sendLiveFrames } from '../traffic/live-frames.js';
import { VethNamespace } from '../traffic/veth.js';
import type { Row } from './row.js';

const seconds = 5;
const goal = '≤ 0.4 µs ★';

interface Case {
  readonly name: string;
  /** Packets a second, 0 as many as go. */
  readonly rate: number;
  readonly flows: number;
  readonly dropsGoal?: string;
}

const cases: readonly Case[] = [
  { name: '10k/s', rate: 10_000, flows: 1000, dropsGoal: '0' },
  { name: '100k/s', rate: 100_000, flows: 1000, dropsGoal: '0' },
  { name: '500k/s', rate: 500_000, flows: 1000, dropsGoal: '0 ★' },
  { name: '500k/s, 100k flows', rate: 500_000, flows: 100_000, dropsGoal: '0 ★' },
  { name: '1M/s', rate: 1_000_000, flows: 1000 },
  { name: 'as many as go', rate: 0, flows: 1000 },
];

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, rate, flows, dropsGoal } of cases) {
    const veth = new VethNamespace('benchcap');
    try {
      const capture = await startCapture('PacketCapture', { interface: 'in', namespacePath: veth.path });
      const before = await capture.measure();
      const packets = (rate || 1_500_000) * seconds;
      const sent = await sendLiveFrames({
        namespace: veth.path,
        interface: 'out',
        rate,
        flows,
        packets,
      });
      const arrived = veth.received();
      const after = await capture.settled(arrived);
      const { stats } = after;
      const cpu = after.cpuSeconds - before.cpuSeconds;
      const reached = `${(sent.packets / sent.seconds / 1000).toFixed(0)}k/s reached`;
      rows.push({
        measure: `${name}, ${reached}: user + system time a packet`,
        value: `${((cpu / stats.packets) * 1e6).toFixed(3)} µs`,
        goal,
        cpu: `${cpu.toFixed(3)} s`,
      });
      const exact = arrived === stats.packets + stats.packetsDropped;
      rows.push({
        measure: `${name}: packets lost`,
        value: `${stats.packetsDropped} of ${arrived}, ${exact ? 'counted exactly' : `${arrived - stats.packets - stats.packetsDropped} NOT COUNTED`}`,
        ...(dropsGoal === undefined ? {} : { goal: dropsGoal }),
      });
      await capture.stop();
    } finally {
      veth.remove();
    }
  }
  return rows;
}
