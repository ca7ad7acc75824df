// SPDX-License-Identifier: Apache-2.0
// softflowd measures real traffic and exports it to us: our flows are what it measured, and what the kernel counted.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Flow } from '../../src/flow/flow.js';
import { startNetflowListener } from '../../src/flow/probes/netflow.js';
import { addon } from '../../src/native/addon.js';
import { eventually } from './eventually.js';
import { hasPrograms } from './has-programs.js';
import { listening } from './listening.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);

interface Link {
  readonly stats64: Readonly<Record<'rx' | 'tx', { readonly packets: number }>>;
}

/** Ways to export, as options of softflowd. */
const ways = [
  ['-v', '5'],
  ['-v', '9'],
  ['-v', '9', '-T', 'ether'],
  ['-v', '10'],
  ['-v', '10', '-b'],
  ['-v', '10', '-b', '-T', 'ether'],
  ['-v', '10', '-A', 'sec'],
  ['-v', '10', '-A', 'milli'],
  ['-v', '10', '-A', 'micro'],
  ['-v', '10', '-A', 'nano'],
  // One of two packets.
  ['-v', '5', '-s', '2'],
  ['-v', '9', '-s', '2'],
  ['-v', '10', '-s', '2'],
];

function inside(space: ScratchNamespace, ...words: string[]) {
  return run('ip', ['netns', 'exec', space.name, ...words]);
}

/** Two namespaces joined by a veth: 10.7.0.x, fd07::x. */
async function hosts(t: TestContext) {
  const near = new ScratchNamespace('exporter');
  const far = new ScratchNamespace('exporter');
  t.after(() => {
    near.remove();
    far.remove();
  });
  await near.do(`link add here type veth peer name there netns ${far.name}`);
  await near.do('link set lo up');
  for (const [space, link, host] of [
    [near, 'here', 1],
    [far, 'there', 2],
  ] as const) {
    await space.do(`addr add 10.7.0.${host}/24 dev ${link}`);
    await space.do(`addr add fd07::${host}/64 dev ${link} nodad`);
    await space.do(`link set ${link} up`);
  }
  return { near, far };
}

async function traffic(near: ScratchNamespace, far: ScratchNamespace): Promise<void> {
  for (const words of [
    ['-c', '10.7.0.2', '-n', '1M'],
    ['-c', '10.7.0.2', '-u', '-b', '20M', '-n', '200K'],
    ['-c', 'fd07::2', '-n', '500K'],
  ]) {
    const server = spawn('ip', ['netns', 'exec', far.name, 'iperf3', '-s', '-1', '--forceflush']);
    const ended = once(server, 'exit');
    await new Promise<void>((resolve) => {
      server.stdout.on('data', (text) => {
        if (String(text).includes('listening')) resolve();
      });
    });
    await inside(near, 'iperf3', ...words);
    await ended;
  }
  await inside(near, 'ping', '-c', '5', '-i', '0.01', '10.7.0.2');
  await inside(far, 'ping', '-c', '3', '-i', '0.01', 'fd07::1');
}

/** A direction between two ends → packets and bytes. ICMP has no ports here: its messages are told apart elsewhere. */
type Directions = Record<string, { packets: number; bytes: number; startMs: number; lastMs: number }>;

function addTo(
  directions: Directions,
  key: string,
  packets: number,
  bytes: number,
  startMs: number,
  lastMs: number,
) {
  if (packets === 0) return;
  const before = directions[key] ?? { packets: 0, bytes: 0, startMs, lastMs };
  directions[key] = {
    packets: before.packets + packets,
    bytes: before.bytes + bytes,
    startMs: Math.min(before.startMs, startMs),
    lastMs: Math.max(before.lastMs, lastMs),
  };
}

const protocols: Readonly<Record<string, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMP' };

/** What softflowd says of its flows. */
function measured(dump: string, version5: boolean): Directions {
  const directions: Directions = {};
  const line =
    /\[([^\]]+)\]:(\d+) <> \[([^\]]+)\]:(\d+) proto:(\d+) octets>:(\d+) packets>:(\d+) octets<:(\d+) packets<:(\d+) start:(\S+) finish:(\S+)/g;
  for (const [, a, portA, b, portB, number, ...rest] of dump.matchAll(line)) {
    if (version5 && a!.includes(':')) continue;
    const protocol = protocols[number!]!;
    const ports = protocol !== 'ICMP';
    const [ends, reverse] = [
      [a, ports ? `:${portA}` : '', ' > ', b, ports ? `:${portB}` : ''],
      [b, ports ? `:${portB}` : '', ' > ', a, ports ? `:${portA}` : ''],
    ];
    const [octets, packets, octetsBack, packetsBack] = rest.slice(0, 4).map(Number);
    const [start, finish] = rest.slice(4, 6).map((text) => Date.parse(`${text}Z`));
    addTo(directions, `${protocol} ${ends!.join('')}`, packets!, octets!, start!, finish!);
    addTo(directions, `${protocol} ${reverse!.join('')}`, packetsBack!, octetsBack!, start!, finish!);
  }
  return directions;
}

function reported(flows: readonly Flow[]): Directions {
  const directions: Directions = {};
  for (const { Network, Transport, Metric, Start, Last } of flows) {
    const protocol = Transport === undefined || Transport.Protocol === 'ICMPV4' ? 'ICMP' : Transport.Protocol;
    const [a, b] =
      protocol === 'ICMP'
        ? [Network!.A, Network!.B]
        : [`${Network!.A}:${Transport!.A}`, `${Network!.B}:${Transport!.B}`];
    addTo(directions, `${protocol} ${a} > ${b}`, Metric!.ABPackets, Metric!.ABBytes, Start, Last);
    addTo(directions, `${protocol} ${b} > ${a}`, Metric!.BAPackets, Metric!.BABytes, Start, Last);
  }
  return directions;
}

function counts(directions: Directions, of: (count: number) => number = (count) => count) {
  const rows = Object.entries(directions).map(([key, { packets, bytes }]) => [key, of(packets), of(bytes)]);
  return rows.sort(([a], [b]) => (a! < b! ? -1 : 1));
}

test('what softflowd measures and exports is what our flows say', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'softflowd', 'iperf3', 'ping')) return;
  const { near, far } = await hosts(t);
  const folder = mkdtempSync(join(tmpdir(), 'skydive-softflowd-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { begin } = await listening(t, startNetflowListener, near);

  const peers = [];
  for (const [at, way] of ways.entries()) {
    const listener = await begin({ portMin: 24_110 + at, portMax: 24_110 + at });
    const control = join(folder, `${at}.ctl`);
    const where = ['-i', 'here', '-n', listener.started.socket, '-p', join(folder, `${at}.pid`)];
    const words = ['-d', ...where, '-c', control, '-6', ...way];
    const child = spawn('ip', ['netns', 'exec', near.name, 'softflowd', ...words]);
    t.after(() => child.kill('SIGKILL'));
    const ask = async (command: string) => (await run('softflowctl', ['-c', control, command])).stdout;
    await eventually(async () => assert.match(await ask('statistics'), /Packets processed/), 15_000);
    peers.push({ way, listener, ask, child });
  }
  const packets = new (addon().PacketCapture)({ interface: 'here', namespacePath: near.path }, () => {});
  t.after(() => packets.stop());
  const [idle] = await near.json<Link>('-s', 'link', 'show', 'here');
  const before = idle!.stats64.rx.packets + idle!.stats64.tx.packets;
  await traffic(near, far);

  const [link] = await near.json<Link>('-s', 'link', 'show', 'here');
  const iperf = link!.stats64.rx.packets + link!.stats64.tx.packets - before;
  await eventually(() => assert.ok(packets.stats().packets >= iperf), 15_000);
  // Ethernet's header does not count for who measures IP.
  const seen = JSON.parse(packets.flows().toString()) as Flow[];
  const withoutLink = ({ packets: count, bytes }: { packets: number; bytes: number }) => [
    count,
    bytes - 14 * count,
  ];
  const truth = Object.entries(reported(seen.filter(({ Transport }) => Transport !== undefined)));
  assert.equal(truth.length, 12, 'iperf3 has three data and three control connections');
  for (const { way, listener, ask, child } of peers) {
    const sampling = way.includes('-s') ? 2 : 1;
    // libpcap hands packets on in blocks: until others come it keeps the last ones.
    await eventually(async () => {
      await inside(near, 'ping', '-q', '-c', '50', '-i', '0.002', '-s', '1400', '10.7.0.2');
      const [, processed] = /Packets processed: (\d+)/.exec(await ask('statistics')) ?? [];
      assert.ok(Number(processed) >= iperf / sampling, `${processed} of ${iperf}`);
    }, 15_000);
    const version5 = way[1] === '5';
    await ask('stop-gather');
    const wanted = measured(await ask('dump-flows'), version5);
    for (const [key, counted] of truth) {
      if (sampling > 1 || (version5 && key.includes('fd07::'))) continue;
      const { packets: count, bytes } = wanted[key] ?? { packets: 0, bytes: 0 };
      assert.deepEqual([count, bytes], withoutLink(counted), `${way.join(' ')}: ${key}`);
    }
    const ended = once(child, 'exit');
    await ask('expire-all');
    await ask('shutdown');
    await ended;
    const name = way.join(' ');
    const half = (count: number) => Math.floor(count / 2);
    let flows: Flow[] = [];
    await eventually(async () => {
      flows = await listener.flows();
      const found = reported(flows);
      if (!version5) return assert.deepEqual(counts(found), counts(wanted), name);
      // Half of a record counts in each direction.
      const both = Object.entries(wanted).flatMap(([key, { packets, bytes }]) => {
        const [protocol, a, , b] = key.split(' ');
        return [`${protocol} ${a} > ${b}`, `${protocol} ${b} > ${a}`].map((end) => ({ end, packets, bytes }));
      });
      const halves: Directions = {};
      for (const { end, packets, bytes } of both) addTo(halves, end, half(packets), half(bytes), 0, 0);
      assert.deepEqual(counts(found), counts(halves), name);
    }, 15_000);
    for (const [key, { startMs, lastMs }] of Object.entries(reported(flows))) {
      const told = wanted[key] ?? Object.values(wanted)[0]!;
      assert.ok(
        Math.abs(startMs - told.startMs) < 60_000,
        `${name}: ${key} starts ${startMs - told.startMs} ms off`,
      );
      assert.ok(
        Math.abs(lastMs - told.lastMs) < 60_000,
        `${name}: ${key} ends ${lastMs - told.lastMs} ms off`,
      );
    }
    const { Malformed, NoTemplate, Lost, Skipped, Dropped, Sampling } = listener.started.status?.() ?? {};
    assert.deepEqual(
      { Malformed, NoTemplate, Lost, Skipped, Dropped, Sampling },
      { Malformed: 0, NoTemplate: 0, Lost: 0, Skipped: 0, Dropped: 0, Sampling: sampling },
      name,
    );
    await listener.stop();
  }
});
