// SPDX-License-Identifier: Apache-2.0
// The captures of an agent on real interfaces, with the graph that its probes make.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { roomKeys } from '../../src/cli/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import { FlowProbes } from '../../src/flow/probes/flow-probes.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { TidMapper } from '../../src/topology/tid.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);

/** A host with a namespace `left` that holds `here`, the end of a veth into another namespace. */
async function scene(t: TestContext) {
  const left = new ScratchNamespace('capture');
  const right = new ScratchNamespace('capture');
  t.after(() => {
    left.remove();
    right.remove();
  });
  await left.do(`link add here type veth peer name there netns ${right.name}`);
  for (const [space, link, host] of [
    [left, 'here', 1],
    [right, 'there', 2],
  ] as const) {
    // What the kernel sends by itself would be counted at any time.
    await run('ip', ['netns', 'exec', space.name, 'sysctl', '-q', `net.ipv6.conf.${link}.disable_ipv6=1`]);
    await space.do(`addr add 10.2.1.${host}/24 dev ${link}`);
    await space.do(`link set ${link} up`);
  }
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const tids = new TidMapper(graph, silentLogger);
  const netlink = new NetlinkProbe({ graph, logger: silentLogger, metricsUpdateMs: 0 });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  tids.start();
  netlink.start();
  const netns = graph.addNode({ Metadata: { Type: 'netns', Name: 'left', Path: left.path } });
  graph.addOwnership(host.ID, netns.ID);
  await netlink.register({ path: left.path }, netns.ID).synced;
  async function* stdin() {
    yield Buffer.from('agent: { capture: { ring_size: 1MiB } }');
  }
  const { config } = await loadConfig({ files: ['-'], env: {}, options: {}, rooms: roomKeys, stdin });
  const probes = new FlowProbes({ graph, config, logger: silentLogger });
  const sent: Buffer[] = [];
  probes.onMessages((messages) => sent.push(...messages));
  probes.start();
  t.after(async () => {
    await probes.stop();
    netlink.stop();
    tids.stop();
  });
  const node = () => [...graph.nodes()].find(({ Metadata }) => Metadata['Name'] === 'here')!;
  await eventually(() => assert.ok(node()?.Metadata['TID']));
  return { left, right, graph, probes, sent, node };
}

test('a capture counts what goes over the interface, and its flows carry its id', {
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left, probes, sent, node } = await scene(t);
  const traffic = async () => {
    const [link] = await left.json<{ stats64: Record<'rx' | 'tx', { packets: number }> }>(
      '-s',
      'link',
      'show',
      'here',
    );
    return link!.stats64.rx.packets + link!.stats64.tx.packets;
  };
  const before = await traffic();
  await probes.startCapture(node().ID, decodeCapture({ UUID: 'cap-1' }));
  await probes.startCapture(node().ID, decodeCapture({ UUID: 'cap-2', Type: 'pcap', BPFFilter: 'icmp' }));
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '5', '-i', '0.01', '10.2.1.2']);
  const shown = () => node().Metadata['Captures'] as Record<string, unknown>[];
  await eventually(async () => {
    assert.deepEqual(
      shown().map((entry) => [entry['ID'], entry['PacketsReceived'], entry['PacketsDropped']]),
      [
        ['cap-1', (await traffic()) - before, 0],
        ['cap-2', 10, 0],
      ],
    );
  });
  await probes.stopCapture(node().ID, 'cap-1');
  assert.equal(shown().length, 1);
  const messages = Buffer.concat(sent).toString('latin1');
  assert.match(messages, /Ethernet\/IPv4\/ICMPv4/);
  assert.ok(messages.includes('cap-1') && messages.includes(String(node().Metadata['TID'])));
  assert.ok(!messages.includes('cap-2'));
});

test('a capture that counts in the kernel sends its flows', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left, probes, sent, node } = await scene(t);
  await probes.startCapture(node().ID, decodeCapture({ UUID: 'cap-1', Type: 'ebpf' }));
  const [shown, ...more] = node().Metadata['Captures'] as Record<string, unknown>[];
  assert.deepEqual(
    [shown?.['ID'], shown?.['State'], shown?.['Type'], more.length],
    ['cap-1', 'active', 'ebpf', 0],
  );
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '5', '-i', '0.01', '10.2.1.2']);
  await probes.stopCapture(node().ID, 'cap-1');
  const messages = Buffer.concat(sent).toString('latin1');
  assert.match(messages, /Ethernet\/IPv4\/ICMPv4/);
  assert.ok(messages.includes('cap-1') && messages.includes(String(node().Metadata['TID'])));
  assert.equal(node().Metadata['Captures'], undefined);
});

test('an interface that is down is refused, and captured once it is up', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left, probes, node } = await scene(t);
  const up = () => (node().Metadata['LinkFlags'] as string[] | undefined)?.includes('UP') ?? false;
  await left.do('link set here down');
  await eventually(() => assert.equal(up(), false));
  await assert.rejects(
    probes.startCapture(node().ID, decodeCapture({ UUID: 'c' })),
    /here is down: set it up/,
  );
  assert.equal(node().Metadata['Captures'], undefined);
  await left.do('link set here up');
  await eventually(() => assert.equal(up(), true));
  await probes.startCapture(node().ID, decodeCapture({ UUID: 'c' }));
  assert.equal(probes.count, 1);
});

test('captures of an interface end with it', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left, probes, node } = await scene(t);
  await probes.startCapture(node().ID, decodeCapture({ UUID: 'c' }));
  await left.do('link del here');
  await eventually(() => assert.equal(probes.count, 0));
});
