// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { addon } from '../../src/native/addon.js';
import { Injector } from '../../src/services/injection/injector.js';
import { decodeInjectionRequest } from '../../src/services/injection/request.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const macs = { near: '02:00:00:00:00:01', far: '02:00:00:00:00:02' };
const base64 = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex').toString('base64');

/** Two namespaces joined by a veth pair, with an injector for the near one. */
class Scene {
  readonly near = new ScratchNamespace('inje');
  readonly far = new ScratchNamespace('inje');
  readonly graph = new Graph({ host: 'h', origin: 'agent.h' });
  readonly warnings: string[] = [];
  readonly injector = new Injector({
    graph: this.graph,
    logger: { ...silentLogger, warn: (message) => this.warnings.push(message) },
    progressMs: 20,
  });
  nodeId = '';

  async up(): Promise<this> {
    await this.near.do(`link add n0 address ${macs.near} type veth peer name f0 netns ${this.far.name}`);
    await this.far.do(`link set f0 address ${macs.far}`);
    for (const [namespace, name, last] of [
      [this.near, 'n0', 1],
      [this.far, 'f0', 2],
    ] as const) {
      await namespace.do(`addr add 192.0.2.${last}/24 dev ${name}`);
      await namespace.do(`addr add fd00::${last}/64 dev ${name} nodad`);
      await namespace.do(`link set ${name} up`);
    }
    // Until the kernel has noticed that both ends are up it throws away what is sent.
    await eventually(async () => {
      const [link] = await this.near.json<{ operstate: string }>('link', 'show', 'n0');
      assert.equal(link!.operstate, 'UP');
    });
    const host = this.graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
    const netns = this.graph.addNode({ Metadata: { Name: 'x', Type: 'netns', Path: this.near.path } });
    const node = this.graph.addNode({ Metadata: { Name: 'n0', Type: 'veth', EncapType: 'ether' } });
    this.graph.addOwnership(host.ID, netns.ID);
    this.graph.addOwnership(netns.ID, node.ID);
    this.nodeId = node.ID;
    this.injector.start();
    return this;
  }

  inject(members: object): void {
    this.injector.startInjection(
      this.nodeId,
      decodeInjectionRequest({
        UUID: 'i1',
        SrcMAC: base64(macs.near),
        DstMAC: base64(macs.far),
        Count: 1,
        TTL: 64,
        ...members,
      }),
    );
  }

  get shown(): readonly Record<string, unknown>[] | undefined {
    return this.graph.getNode(this.nodeId)?.Metadata['PacketInjections'] as never;
  }

  /** What arrives at the far end. */
  capture() {
    return new (addon().PacketCapture)(
      { interface: 'f0', namespacePath: this.far.path, headerSize: 1600 },
      () => undefined,
    );
  }

  remove(): void {
    this.injector.stop();
    this.near.remove();
    this.far.remove();
  }
}

async function withScene(t: TestContext, act: (scene: Scene) => Promise<void>): Promise<void> {
  if (!requireNamespaces(t)) return;
  const scene = new Scene();
  try {
    await act(await scene.up());
  } finally {
    scene.remove();
  }
}

interface SeenFlow {
  readonly LayersPath: string;
  readonly Metric: { readonly ABPackets: number; readonly BAPackets: number };
  readonly ICMP?: { readonly ID: number };
  readonly Transport?: { readonly A: number; readonly B: number };
}

const v4 = { SrcIP: '192.0.2.1', DstIP: '192.0.2.2' };
const v6 = { SrcIP: 'fd00::1', DstIP: 'fd00::2' };

// That the far end's kernel answers is only the case when addresses, lengths and checksums are right.
for (const { type, members, path, answered } of [
  { type: 'icmp4', members: { ...v4, ICMPID: 42 }, path: 'Ethernet/IPv4/ICMPv4', answered: true },
  { type: 'icmp6', members: { ...v6, ICMPID: 42 }, path: 'Ethernet/IPv6/ICMPv6/ICMPv6Echo', answered: true },
  { type: 'tcp4', members: { ...v4, SrcPort: 99, DstPort: 98 }, path: 'Ethernet/IPv4/TCP', answered: true },
  { type: 'tcp6', members: { ...v6, SrcPort: 99, DstPort: 98 }, path: 'Ethernet/IPv6/TCP', answered: true },
  { type: 'udp4', members: { ...v4, SrcPort: 99, DstPort: 98 }, path: 'Ethernet/IPv4/UDP', answered: false },
  { type: 'udp6', members: { ...v6, SrcPort: 99, DstPort: 98 }, path: 'Ethernet/IPv6/UDP', answered: false },
]) {
  test(`${type} packets arrive as they were asked for`, { timeout: 30_000 }, async (t) => {
    await withScene(t, async (scene) => {
      const capture = scene.capture();
      try {
        scene.inject({ Type: type, Count: 3, ...members });
        await eventually(async () => {
          const flows = JSON.parse(capture.flows().toString()) as SeenFlow[];
          const flow = flows.find(({ LayersPath }) => LayersPath === path);
          assert.ok(flow, `no flow ${path} among ${flows.map(({ LayersPath }) => LayersPath).join()}`);
          assert.equal(flow.Metric.ABPackets, 3);
          if (answered) assert.equal(flow.Metric.BAPackets, 3);
          if ('ICMPID' in members) assert.equal(flow.ICMP?.ID, 42);
          else assert.deepEqual([flow.Transport?.A, flow.Transport?.B], [99, 98]);
          // An ICMP error would say that nobody listens on the port, which takes a valid checksum to be sent.
          if (type.startsWith('udp')) assert.ok(flows.some((each) => each.LayersPath.includes('ICMP')));
        });
        assert.equal(scene.shown, undefined, 'the node shows no injection that has ended');
      } finally {
        capture.stop();
      }
    });
  });
}

test('a running injection is shown with its progress, and ends when asked to', {
  timeout: 30_000,
}, async (t) => {
  await withScene(t, async (scene) => {
    scene.inject({ Type: 'udp4', ...v4, SrcPort: 1, DstPort: 2, Count: 1_000_000, Interval: 5 });
    await eventually(() => assert.ok(Number(scene.shown?.[0]?.['PacketCount']) > 2));
    const [shown] = scene.shown!;
    assert.equal(shown!['ID'], 'i1');
    assert.equal(shown!['State'], 'active');
    assert.equal(shown!['SrcMAC'], base64(macs.near));
    assert.throws(() => scene.inject({ Type: 'udp4' }), /packet injection i1 runs on n0 already/);
    scene.injector.stopInjection(scene.nodeId, 'i1');
    assert.equal(scene.shown, undefined);
    assert.throws(() => scene.injector.stopInjection(scene.nodeId, 'i1'), /nothing to stop/);
  });
});

test('random mode changes the source port of each packet', { timeout: 30_000 }, async (t) => {
  await withScene(t, async (scene) => {
    const capture = scene.capture();
    try {
      scene.inject({ Type: 'udp4', ...v4, SrcPort: 7, DstPort: 98, Count: 20, Mode: 'random' });
      await eventually(() => {
        const flows = JSON.parse(capture.flows().toString()) as SeenFlow[];
        const ports = flows.flatMap(({ Transport, LayersPath }) =>
          LayersPath === 'Ethernet/IPv4/UDP' ? [Transport!.A] : [],
        );
        assert.ok(ports.includes(7));
        assert.ok(new Set(ports).size > 10, `only ${new Set(ports).size} ports`);
      });
    } finally {
      capture.stop();
    }
  });
});

test('the packets of a capture file are sent over and over', { timeout: 30_000 }, async (t) => {
  await withScene(t, async (scene) => {
    const folder = join(import.meta.dirname, '../../../test/golden/pcap');
    const Pcap = readFileSync(join(folder, 'transport.pcap')).toString('base64');
    scene.inject({ Type: 'udp4', Pcap, Count: 100 });
    await eventually(async () => {
      const [link] = await scene.far.json<{ stats64: { rx: { packets: number } } }>(
        '-s',
        'link',
        'show',
        'f0',
      );
      assert.ok(link!.stats64.rx.packets >= 100);
    });
  });
});

test('what cannot be sent is refused or logged, naming it', { timeout: 30_000 }, async (t) => {
  await withScene(t, async (scene) => {
    assert.throws(() => scene.inject({ Type: 'sctp4' }), /Type has to be one of icmp4/);
    assert.throws(
      () => scene.inject({ Type: 'icmp4', SrcMAC: 'zz' }),
      /SrcMAC has to be base64 of six bytes/,
    );
    assert.throws(() => scene.inject({ Type: 'icmp4', SrcIP: 'fd00::1' }), /fd00::1 is no IPv4 address/);
    assert.throws(() => scene.inject({ Type: 'icmp4', Pcap: 'AAAA' }), /the capture file/);
    assert.throws(
      () => scene.injector.startInjection('nowhere', decodeInjectionRequest({ Type: 'icmp4' })),
      /node nowhere is not on this host/,
    );
    assert.equal(scene.shown, undefined);
    scene.inject({ Type: 'udp4', ...v4, Payload: 'x'.repeat(3000) });
    await eventually(() =>
      assert.match(scene.warnings.join(), /i1: 1 packets were not sent: Message too long/),
    );
  });
});
