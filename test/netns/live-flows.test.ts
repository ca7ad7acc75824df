// SPDX-License-Identifier: Apache-2.0
// Real traffic in namespaces: what captures of both kinds count on one interface must be what tcpdump wrote of it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import { addon } from '../../src/native/addon.js';
import type { EbpfHook } from '../../src/native/ebpf-capture.js';
import type { NativePacketCaptureInstance } from '../../src/native/packet-capture.js';
import type { Flow } from '../golden/flows.js';
import { eventually } from './eventually.js';
import { hasPrograms } from './has-programs.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);
const ports = { iperf: '24001', fragments: 24002 };

/** Not what hosts say by themselves: it may come between the starts. */
const filter =
  'icmp or (tcp and not port 22) or udp or (ip[6:2] & 0x3fff != 0) or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))';

interface Hosts {
  readonly left: ScratchNamespace;
  readonly right: ScratchNamespace;
}

/** Two namespaces joined by a veth, and by a VXLAN over it: 10.1.1.x, fd01::x, 10.9.0.x. */
async function hosts(t: TestContext): Promise<Hosts> {
  const left = new ScratchNamespace('ebpf');
  const right = new ScratchNamespace('ebpf');
  t.after(() => {
    left.remove();
    right.remove();
  });
  await left.do(`link add name here type veth peer name there netns ${right.name}`);
  for (const [space, link, own, other] of [
    [left, 'here', 1, 2],
    [right, 'there', 2, 1],
  ] as const) {
    await space.do(`addr add 10.1.1.${own}/24 dev ${link}`);
    await space.do(`addr add fd01::${own}/64 dev ${link} nodad`);
    await space.do('link set lo up');
    await space.do(`link set dev ${link} up`);
    await space.do(
      `link add name over type vxlan id 42 dstport 4789 local 10.1.1.${own} remote 10.1.1.${other} dev ${link}`,
    );
    await space.do('link set dev over addrgenmode none');
    await space.do(`addr add 10.9.0.${own}/24 dev over`);
  }
  return { left, right };
}

function inside(space: ScratchNamespace, ...words: string[]) {
  return run('ip', ['netns', 'exec', space.name, ...words]);
}

/** TCP, UDP, echo requests, fragments, the same over IPv6 and through a tunnel. */
async function traffic({ left, right }: Hosts): Promise<void> {
  for (const [address, ...kind] of [
    ['10.1.1.2', '-n', '2M'],
    ['10.1.1.2', '-u', '-b', '20M', '-n', '300K'],
    ['fd01::2', '-n', '1M'],
  ] as const) {
    const server = spawn('ip', [
      'netns',
      'exec',
      right.name,
      'iperf3',
      '-s',
      '-1',
      '-p',
      ports.iperf,
      '--forceflush',
    ]);
    const ended = once(server, 'exit');
    await new Promise<void>((resolve) => {
      server.stdout.on('data', (text) => {
        if (String(text).includes('listening')) resolve();
      });
    });
    await inside(left, 'iperf3', '-c', address, '-p', ports.iperf, ...kind);
    await ended;
  }
  await inside(left, 'ping', '-c', '3', '-i', '0.01', '10.1.1.2');
  await inside(left, 'ping', '-c', '2', '-i', '0.01', 'fd01::2');
  const program = `
    const s = require('dgram').createSocket('udp4');
    let left = 3;
    for (let i = 0; i < 3; i += 1) s.send(Buffer.alloc(4000), ${ports.fragments}, '10.1.1.2', () => { if (--left === 0) s.close(); });`;
  await inside(left, process.execPath, '-e', program);
  for (const space of [left, right]) await space.do('link set dev over up');
  await inside(left, 'ping', '-c', '2', '-i', '0.01', '10.9.0.2');
}

/** What identifies a flow for who compares, and what was counted. */
function summary(flows: readonly Flow[], path: (path: string) => string): string[] {
  return flows
    .map(({ LayersPath, Link: l, Network: n, Transport: t, ICMP: i, Metric: m }) =>
      [
        path(LayersPath),
        `${l?.A}>${l?.B} ${n?.A}>${n?.B}#${n?.ID} ${t?.A}>${t?.B} ${i?.Type} ${i?.ID}`,
        `AB ${m.ABPackets}/${m.ABBytes} BA ${m.BAPackets}/${m.BABytes}`,
      ].join(' '),
    )
    .sort();
}

/** As the capture has them, without what hosts say by themselves. */
function flowsOf(live: NativePacketCaptureInstance): Flow[] {
  const flows = JSON.parse(live.flows().toString()) as Flow[];
  const own = (flow: Flow) =>
    flow.ParentUUID === '' && (flow.LayersPath === 'Ethernet/ARP' || flow.ICMP?.Type === 'NEIGHBOR');
  const routers = (flow: Flow) =>
    flow.ICMP !== undefined && flow.Network?.Protocol === 'IPV6' && flow.ICMP.Type !== 'ECHO';
  return flows.filter((flow) => !own(flow) && !routers(flow));
}

async function flowsOfFile(path: string): Promise<Flow[]> {
  const flows: Flow[] = [];
  const options = { format: 'json', flowsPerMessage: 1000, extraTcpMetric: true } as const;
  await flowsOfPcap(createReadStream(path), options, (messages) => {
    for (const message of messages) flows.push(...(JSON.parse(message.toString()) as Flow[]));
  });
  return flows;
}

/** What the kernel does not look at: what is inside of UDP, and the messages of ICMPv6. */
function asInKernel(path: string): string {
  return path.replace(/(ICMPv6)\/.*/, '$1').replace(/(\/UDP)\/(?!VXLAN).*/, '$1');
}

for (const hook of ['tcx', 'clsact', 'socket'] satisfies EbpfHook[]) {
  test(`real traffic gives what tcpdump saw, by AF_PACKET and eBPF (${hook}) at once`, {
    timeout: 120_000,
  }, async (t) => {
    if (!requireNamespaces(t) || !hasPrograms(t, 'tcpdump', 'iperf3')) return;
    const { left, right } = await hosts(t);
    const folder = mkdtempSync(join(tmpdir(), 'live-flows-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'dump.pcap');
    const words = ['-Z', 'root', '-U', '-B', '16384', '-i', 'here', '-s', '256', '-w', file, filter];
    const dump = spawn('ip', ['netns', 'exec', left.name, 'tcpdump', ...words]);
    t.after(() => dump.kill('SIGKILL'));
    let said = '';
    dump.stderr.on('data', (text) => {
      said += String(text);
    });
    await eventually(() => assert.match(said, /listening on here/));
    const place = { interface: 'here', namespacePath: left.path };
    const packets = new (addon().PacketCapture)({ ...place, filter, ringBytes: 32 << 20 }, () => {});
    const kernel = new (addon().EbpfCapture)({ ...place, hook }, () => {});
    t.after(() => {
      packets.stop();
      kernel.stop();
    });
    assert.equal(kernel.stats().hook, hook);

    await traffic({ left, right });

    await eventually(async () => {
      const expected = await flowsOfFile(file);
      const paths = new Set(expected.map(({ LayersPath }) => LayersPath));
      for (const path of [
        'Ethernet/IPv4/TCP',
        'Ethernet/IPv4/UDP',
        'Ethernet/IPv6/TCP',
        'Ethernet/IPv4/ICMPv4',
        'Ethernet/IPv6/ICMPv6/ICMPv6Echo',
        'Ethernet/IPv4/Fragment',
        'Ethernet/IPv4/UDP/VXLAN',
        'Ethernet/ARP',
      ]) {
        assert.ok(paths.has(path), `${path} is not in the file`);
      }
      assert.deepEqual(
        summary(flowsOf(packets), (path) => path),
        summary(expected, (path) => path),
      );
      assert.deepEqual(summary(flowsOf(kernel), asInKernel), summary(expected, asInKernel));
    }, 20_000);

    const inner = flowsOf(kernel).filter(({ ParentUUID }) => ParentUUID !== '');
    const tunnel = flowsOf(kernel).find(({ LayersPath }) => LayersPath.endsWith('/VXLAN'));
    assert.ok(inner.length > 0);
    for (const flow of inner) assert.equal(flow.ParentUUID, tunnel?.UUID);
    const ofPort = ({ Transport, Network }: Flow) => `${Network?.A} ${Transport?.A} ${Transport?.B}`;
    const streams = (await flowsOfFile(file)).filter(({ LayersPath }) => LayersPath.endsWith('/TCP'));
    assert.ok(streams.length >= 4);
    for (const stream of streams) {
      const own = flowsOf(kernel).find((flow) => ofPort(flow) === ofPort(stream));
      const tcp = own?.TCPMetric ?? {};
      for (const flag of ['Syn', 'Fin', 'Rst']) {
        for (const side of ['AB', 'BA']) {
          const name = `${side}${flag}Start`;
          const apart = (tcp[name] ?? -1e9) - (stream.TCPMetric?.[name] ?? 0);
          assert.ok(Math.abs(apart) <= 20, `${name} of ${ofPort(stream)} is ${apart} ms off`);
        }
      }
      assert.equal(tcp['ABPackets'], own?.Metric.ABPackets);
      assert.equal(tcp['BABytes'], own?.Metric.BABytes);
    }
  });
}
