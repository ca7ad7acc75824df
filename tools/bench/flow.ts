// SPDX-License-Identifier: Apache-2.0
// Packets to flows: the flow table over generated captures, one core, and the meters of the distribution over the
// same files in the same run. A CPU second counts everything from reading the file to the flows as messages.
// `npm run bench -- flow`.

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addon } from '../../src/native/addon.js';
import { type Traffic, writeTraffic } from '../pcap/traffic.js';
import { median, type Row } from './row.js';

const runs = 3;
const tsharkPackets = 200_000;

/** Its name, the packets that it reads, and the command. */
type Peer = readonly [name: string, packets: number, command: string];

interface Case extends Traffic {
  readonly name: string;
  readonly goal: string;
}

const cases: readonly Case[] = [
  { name: '64 B, 1k flows', packets: 2_000_000, flows: 1000, mix: 'udp64', seed: 1, goal: '≥ 9 M (★ ≥ 5 M)' },
  {
    name: '64 B, 100k flows',
    packets: 2_000_000,
    flows: 100_000,
    mix: 'udp64',
    seed: 2,
    goal: '≥ 5 M (★ ≥ 3 M)',
  },
  { name: '64 B, 1M flows', packets: 2_000_000, flows: 1_000_000, mix: 'udp64', seed: 3, goal: '≥ 2.5 M' },
  { name: 'IMIX, 100k flows', packets: 1_000_000, flows: 100_000, mix: 'imix', seed: 4, goal: '≥ 4 M' },
];

function million(perSecond: number): string {
  return `${(perSecond / 1e6).toFixed(2)} M/s`;
}

interface Measure {
  readonly cpuSeconds: number;
  readonly flows: number;
  readonly bytesPerFlow: number;
}

function skydive(path: string, maxEntries: number): Measure {
  const buffer = Buffer.alloc(1 << 20);
  const before = process.cpuUsage();
  const table = new (addon().FlowTable)({
    maxEntries,
    nodeTid: '2e7a8c1e-3c43-5a68-4b8f-4c1d2b3a4f5e',
    captureId: 'b3b1c0a2-6f0e-4c47-7d14-9a8b7c6d5e4f',
  });
  const file = openSync(path, 'r');
  for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
    table.feed(buffer.subarray(0, size));
  }
  closeSync(file);
  table.finish();
  const stats = table.stats();
  let sent = 0;
  for (let batch = table.stop(2000); batch !== undefined; batch = table.stop(2000)) sent += batch.length;
  const { user, system } = process.cpuUsage(before);
  if (sent === 0) throw new Error('no flow was sent');
  return {
    cpuSeconds: (user + system) / 1e6,
    flows: stats.flowCount,
    bytesPerFlow: stats.memoryBytes / stats.flowCount,
  };
}

/** CPU seconds of a shell command and what it started; undefined when it failed. */
function cpuOf(command: string): number | undefined {
  const shell = spawnSync('bash', ['-c', `${command} >/dev/null 2>&1; echo $?; times`], { encoding: 'utf8' });
  const lines = shell.stdout.trim().split('\n');
  const children = lines.at(-1) ?? '';
  if (lines[0] !== '0') return undefined;
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, m) => sum + Number(m[1]) * 60 + Number(m[2]),
    0,
  );
}

/**
 * The meters, each writing what it writes; `tcpdump` copying the file is the floor. pmacctd does not always end with
 * the file: it is asked to, its idle time costs nothing. tshark takes a minute for all, so it has a part.
 */
function peers(path: string, folder: string, { packets, flows }: Traffic): Peer[] {
  const buffer = flows > 200_000 ? 2_097_152 : 524_288;
  return [
    ['tcpdump -w (floor)', packets, `tcpdump -r ${path} -w /dev/null`],
    ['nfpcapd', packets, `nfpcapd -r ${path} -w ${folder} -B ${buffer}`],
    ['softflowd', packets, `softflowd -d -r ${path} -m 4000000 -p ${folder}/pid -c none`],
    [
      'pmacctd',
      packets,
      `timeout --preserve-status -s INT 30 pmacctd -I ${path} -P print -r 3600 -c src_host,dst_host,src_port,dst_port,proto`,
    ],
    ['tshark', tsharkPackets, `tshark -n -r ${path} -c ${tsharkPackets} -q -z conv,udp -z conv,tcp`],
  ];
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-flow-'));
  try {
    for (const { name, goal, ...traffic } of cases) {
      const path = join(folder, 'traffic.pcap');
      writeTraffic(path, traffic);
      const measures = Array.from({ length: runs }, () => skydive(path, 4_000_000));
      const cpu = median(measures.map(({ cpuSeconds }) => cpuSeconds));
      const perFlow = median(measures.map(({ bytesPerFlow }) => bytesPerFlow));
      const found = measures[0]?.flows;
      if (found !== traffic.flows) throw new Error(`${name}: ${found} flows instead of ${traffic.flows}`);
      rows.push({
        measure: `${name}, seed ${traffic.seed}: packets a CPU second`,
        value: million(traffic.packets / cpu),
        goal,
        cpu: `${cpu.toFixed(2)} s`,
      });
      rows.push({
        measure: `${name}: memory a flow`,
        value: `${perFlow.toFixed(0)} B`,
        ...(traffic.flows === 1_000_000 ? { goal: '≤ 400 B' } : {}),
      });
      for (const [peer, packets, command] of peers(path, folder, traffic)) {
        const binary = peer.split(' ')[0]!;
        if (!['/usr/bin', '/usr/sbin'].some((place) => existsSync(join(place, binary)))) continue;
        const seconds = cpuOf(command);
        const value = seconds === undefined ? 'failed' : million(packets / seconds);
        rows.push({
          measure: `${name}: ${peer}`,
          value,
          ...(seconds ? { cpu: `${seconds.toFixed(2)} s` } : {}),
        });
      }
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
