// SPDX-License-Identifier: Apache-2.0
// What nfcapd reads of our NetFlow v5 and IPFIX must be what the interface and our own flows counted.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { roomKeys } from '../../src/cli/keys.js';
import { loadConfig } from '../../src/config/load.js';
import type { Capture } from '../../src/flow/capture.js';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import { startAfpacket } from '../../src/flow/probes/afpacket.js';
import { startEbpf } from '../../src/flow/probes/ebpf.js';
import { startNetflowListener } from '../../src/flow/probes/netflow.js';
import type { FlowProbe, FlowProbeContext } from '../../src/flow/probes/probe.js';
import { silentLogger } from '../../src/log/logger.js';
import { addon } from '../../src/native/addon.js';
import type { Flow } from '../golden/flows.js';
import { eventually } from './eventually.js';
import { netflow5, sendDatagrams } from './exporters.js';
import { hasPrograms } from './has-programs.js';
import { type Collected, Nfcapd } from './nfcapd.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);
const iperfPort = '24202';

interface Hosts {
  readonly left: ScratchNamespace;
  readonly right: ScratchNamespace;
}

/** Two hosts that say nothing by themselves: 10.3.1.x and, if wanted, fd03::x. */
async function hosts(t: TestContext, ipv6: boolean): Promise<Hosts> {
  const left = new ScratchNamespace('targets');
  const right = new ScratchNamespace('targets');
  t.after(() => {
    left.remove();
    right.remove();
  });
  await left.do('link add here address 02:00:00:00:03:01 type veth peer name there');
  await left.do(`link set there address 02:00:00:00:03:02 netns ${right.name}`);
  for (const [space, link, own, other] of [
    [left, 'here', 1, 2],
    [right, 'there', 2, 1],
  ] as const) {
    const set = (key: string, value: number) =>
      run('ip', ['netns', 'exec', space.name, 'sysctl', '-q', `net.ipv6.conf.${link}.${key}=${value}`]);
    await set('disable_ipv6', ipv6 ? 0 : 1);
    await space.do(`addr add 10.3.1.${own}/24 dev ${link}`);
    if (ipv6) await space.do(`addr add fd03::${own}/64 dev ${link} nodad`);
    await space.do(`link set ${link} up`);
    await space.do(`neigh replace 10.3.1.${other} lladdr 02:00:00:00:03:0${other} nud permanent dev ${link}`);
    if (ipv6) {
      await space.do(
        `neigh replace fd03::${other} lladdr 02:00:00:00:03:0${other} nud permanent dev ${link}`,
      );
    }
  }
  return { left, right };
}

function inside(space: ScratchNamespace, ...words: string[]) {
  return run('ip', ['netns', 'exec', space.name, ...words]);
}

async function iperf(
  t: TestContext,
  { left, right }: Hosts,
  address: string,
  ...kind: string[]
): Promise<void> {
  const words = ['netns', 'exec', right.name, 'iperf3', '-s', '-1', '-p', iperfPort, '--forceflush'];
  const server = spawn('ip', words);
  t.after(() => server.kill('SIGKILL'));
  const ended = once(server, 'exit');
  let said = '';
  server.stdout.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => assert.match(said, /listening/));
  await inside(left, 'iperf3', '-c', address, '-p', iperfPort, ...kind);
  await ended;
}

async function context(left: ScratchNamespace, members: Partial<Capture>): Promise<FlowProbeContext> {
  async function* stdin() {
    yield Buffer.from('agent: { capture: { ring_size: 32MiB } }\nflow: { update: 1, expire: 600 }');
  }
  const { config } = await loadConfig({ files: ['-'], env: {}, options: {}, rooms: roomKeys, stdin });
  return {
    capture: decodeCapture({ UUID: 'c1', ...members }),
    node: {
      id: 'here',
      name: 'here',
      type: 'veth',
      tid: 'tid-here',
      encapType: 'ether',
      namespacePath: left.path,
      metadata: { LinkFlags: ['UP'], IfIndex: 2 },
    },
    config,
    logger: silentLogger,
    setMetadata: () => {},
    send: () => assert.fail('flows with a target are not for the analyzer'),
    failed: (reason) => assert.fail(reason),
  };
}

async function traffic(left: ScratchNamespace): Promise<{ packets: number; bytes: number }> {
  type Link = { stats64: Record<'rx' | 'tx', { packets: number; bytes: number }> };
  const [link] = await left.json<Link>('-s', 'link', 'show', 'here');
  const { rx, tx } = link!.stats64;
  return { packets: rx.packets + tx.packets, bytes: rx.bytes + tx.bytes };
}

function sum<T>(rows: readonly T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0);
}

test("nfcapd's sums of our NetFlow v5 are the interface's counters", { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'nfcapd', 'nfdump', 'iperf3')) return;
  const scene = await hosts(t, false);
  const nfcapd = await Nfcapd.start(t, 24200);
  const capture = new (addon().PacketCapture)(
    {
      interface: 'here',
      namespacePath: scene.left.path,
      ringBytes: 32 << 20,
      updateMs: 1000,
      target: { type: 'netflowv5', address: '127.0.0.1', port: 24200 },
    },
    () => assert.fail('flows with a target cannot be taken'),
  );
  t.after(() => capture.stop());
  const startMs = Date.now();
  const before = await traffic(scene.left);
  // Longer than an update: a flow that goes on is told of several times.
  await iperf(t, scene, '10.3.1.2', '-t', '3', '-b', '50M');
  await iperf(t, scene, '10.3.1.2', '-u', '-b', '20M', '-n', '2M');
  await inside(scene.left, 'ping', '-c', '20', '-i', '0.01', '10.3.1.2');
  const after = await traffic(scene.left);
  const packets = after.packets - before.packets;
  await eventually(() => assert.equal(capture.stats().packets, packets));
  await capture.end();
  assert.deepEqual({ ...capture.stats().target, sent: 0 }, { sent: 0, dropped: 0, failed: 0, skipped: 0 });

  const records = await nfcapd.records();
  assert.deepEqual(
    { packets: sum(records, (row) => row.in_packets), bytes: sum(records, (row) => row.in_bytes) },
    { packets, bytes: after.bytes - before.bytes - 14 * packets },
  );
  assert.deepEqual(
    [...new Set(records.map(({ proto }) => proto))].sort((a, b) => a - b),
    [1, 6, 17],
  );
  const stream = records.filter((row) => row.proto === 6 && row.dst_port === Number(iperfPort));
  const streams = new Set(stream.map((row) => row.src_port)).size;
  assert.ok(
    stream.length > streams,
    `${stream.length} records of ${streams} streams: none was told of twice`,
  );
  for (const { first, last } of records) {
    const [from, to] = [Date.parse(`${first}Z`), Date.parse(`${last}Z`)];
    assert.ok(from <= to && from >= startMs - 5000 && to <= Date.now() + 5000, `${first} to ${last}`);
  }
});

type Ends = readonly [protocol: number, source: string, destination: string, ports: string];

/** Counters by direction, whatever number of records they are in. */
function byEnds(rows: readonly (readonly [Ends, packets: number, bytes: number])[]): Record<string, string> {
  const sums = new Map<string, [number, number]>();
  for (const [ends, packets, bytes] of rows) {
    const key = ends.join(' ');
    const [p, b] = sums.get(key) ?? [0, 0];
    sums.set(key, [p + packets, b + bytes]);
  }
  const entries = [...sums].map(([key, [p, b]]): [string, string] => [key, `${p}/${b}`]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const protocols: Readonly<Record<string, number>> = { TCP: 6, UDP: 17 };

/** Our own flows as a collector would have them. */
function ownSums(flows: readonly Flow[]): Record<string, string> {
  return byEnds(
    flows.flatMap(({ Network: n, Transport: p, Metric: m, LayersPath }) => {
      assert.ok(n, LayersPath);
      const protocol = p ? protocols[p.Protocol]! : n.Protocol === 'IPV4' ? 1 : 58;
      const ends = (a: string, b: string, from: number, to: number): Ends => [
        protocol,
        a,
        b,
        p ? `${from}-${to}` : 'icmp',
      ];
      const rows: [Ends, number, number][] = [
        [ends(n.A, n.B, p?.A ?? 0, p?.B ?? 0), m.ABPackets, m.ABBytes - 14 * m.ABPackets],
        [ends(n.B, n.A, p?.B ?? 0, p?.A ?? 0), m.BAPackets, m.BABytes - 14 * m.BAPackets],
      ];
      return rows.filter(([, packets]) => packets > 0);
    }),
  );
}

function collectedSums(records: readonly Collected[]): Record<string, string> {
  return byEnds(
    records.map((row) => {
      const icmp = row.proto === 1 || row.proto === 58;
      const [source, destination] = [row.src4_addr ?? row.src6_addr, row.dst4_addr ?? row.dst6_addr];
      assert.ok(source && destination, JSON.stringify(row));
      const ports = icmp ? 'icmp' : `${row.src_port}-${row.dst_port}`;
      return [[row.proto, source, destination, ports], row.in_packets, row.in_bytes];
    }),
  );
}

/** Not what hosts say by themselves. */
const asked = 'tcp or udp or icmp or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))';

const captures: [
  type: string,
  target: string,
  address: string,
  start: (context: FlowProbeContext) => Promise<FlowProbe>,
][] = [
  ['afpacket', 'localhost:24203', '127.0.0.1', startAfpacket],
  ['ebpf', '[::1]:24204', '::1', startEbpf],
];

for (const [type, Target, address, start] of captures) {
  test(`nfcapd reads of our IPFIX what our own flows count, IPv6 too (${type})`, {
    timeout: 120_000,
  }, async (t) => {
    if (!requireNamespaces(t) || !hasPrograms(t, 'nfcapd', 'nfdump', 'iperf3')) return;
    const scene = await hosts(t, true);
    const nfcapd = await Nfcapd.start(t, Number(Target.split(':').at(-1)), address);
    const filter = type === 'ebpf' ? {} : { BPFFilter: asked };
    const target = { TargetType: 'ipfix', Target, Type: type, ...filter };
    const probe = await start(await context(scene.left, target));
    const own = new (addon().PacketCapture)(
      {
        interface: 'here',
        namespacePath: scene.left.path,
        filter: asked,
        ringBytes: 32 << 20,
        updateMs: 600_000,
      },
      () => {},
    );
    t.after(async () => {
      own.stop();
      await probe.stop();
    });
    await iperf(t, scene, '10.3.1.2', '-t', '2', '-b', '50M');
    await iperf(t, scene, 'fd03::2', '-n', '2M');
    await iperf(t, scene, 'fd03::2', '-u', '-b', '20M', '-n', '1M');
    await inside(scene.left, 'ping', '-c', '5', '-i', '0.01', '10.3.1.2');
    await inside(scene.left, 'ping', '-c', '5', '-i', '0.01', 'fd03::2');
    // Packets stay in the rings for some milliseconds: where the last one has come, all have.
    await scene.left.do('neigh replace 10.3.1.99 lladdr 02:00:00:00:03:02 nud permanent dev here');
    await inside(scene.left, 'bash', '-c', 'echo last > /dev/udp/10.3.1.99/9');
    const ownFlows = () => JSON.parse(own.flows().toString()) as Flow[];
    await eventually(() => {
      assert.ok(ownFlows().some(({ Network }) => Network?.B === '10.3.1.99'));
      // What is in the kernel's table is read at the end.
      if (type !== 'ebpf') assert.equal(probe.stats().flowCount, ownFlows().length);
    });
    assert.equal(probe.query(Buffer.alloc(0)), undefined);
    await probe.stop();
    const records = await nfcapd.records();
    const expected = ownSums(ownFlows());
    const collected = collectedSums(records);
    assert.ok(Object.keys(expected).length >= 12, JSON.stringify(expected));
    if (type === 'ebpf') {
      // It has no filter: what hosts say by themselves is there, too.
      for (const [ends, counted] of Object.entries(expected)) assert.equal(collected[ends], counted, ends);
    } else {
      assert.deepEqual(collected, expected);
    }
  });
}

test('a target that nobody listens at fails nothing but what is sent there', {
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await hosts(t, false);
  const probe = await startAfpacket(
    await context(scene.left, { TargetType: 'netflowv5', Target: '127.0.0.1:24209' }),
  );
  t.after(() => probe.stop());
  await eventually(async () => {
    await inside(scene.left, 'ping', '-c', '1', '10.3.1.2');
    const { target } = probe.stats();
    assert.ok((target?.failed ?? 0) > 0);
    assert.equal(target?.error, 'Connection refused');
  }, 20_000);
});

test('mirrored packets are for captures that have packets', async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await hosts(t, false);
  const mirrored = { TargetType: 'erspanv1', Target: '127.0.0.1:1', Type: 'ebpf' };
  await assert.rejects(startEbpf(await context(scene.left, mirrored)), /TargetType: erspanv1 needs packets/);
});

test('records of NetFlow 5 go on as IPFIX', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'nfcapd', 'nfdump')) return;
  const { left, right } = await hosts(t, false);
  const nfcapd = await Nfcapd.start(t, 24205);
  const relay = await startNetflowListener(
    await context(left, { Type: 'netflow', TargetType: 'ipfix', Target: '24205' }),
    { address: '10.3.1.1', portMin: 24206, portMax: 24206, namespacePath: left.path },
  );
  t.after(() => relay.stop());
  const ends = { source: 0x0a080001, destination: 0x0a080002, ports: [1005, 80], protocol: 6 } as const;
  await sendDatagrams(right, '10.3.1.1', 24206, [netflow5({ ...ends, packets: 10, bytes: 5000 })]);
  await eventually(() => assert.equal(relay.status()['Records'], 1));
  assert.equal(relay.elsewhere, true);
  assert.equal(await relay.query(new Uint8Array()), undefined);
  await relay.stop();
  // A record of version 5 counts half for each direction, as in the original.
  assert.deepEqual(collectedSums(await nfcapd.records()), {
    '6 10.8.0.1 10.8.0.2 1005-80': '5/2500',
    '6 10.8.0.2 10.8.0.1 80-1005': '5/2500',
  });
});
