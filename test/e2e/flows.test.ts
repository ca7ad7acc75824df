// SPDX-License-Identifier: Apache-2.0
// Queries on the live flows of real captures: traffic between two namespaces, an agent, an analyzer.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Flow, FlowMetric, RawPacket } from '../../src/flow/flow.js';
import { eventually } from '../netns/eventually.js';
import { hasPrograms } from '../netns/has-programs.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

const run = promisify(execFile);
const onVa = "G.V().Has('Name', 'va')";
const iperf = '/usr/bin/iperf3';

/**
 * iperf3 for at most so many bytes from the host to its other end, over a port. On a busy machine fewer: the server
 * hangs up on what it has not read as soon as the client has written all.
 */
async function transfer(t: TestContext, scene: CapturedHost, bytes: string): Promise<void> {
  const server = spawn('ip', [
    'netns',
    'exec',
    scene.far.name,
    iperf,
    '-s',
    '-1',
    '-p',
    '22100',
    '--forceflush',
  ]);
  t.after(() => server.kill('SIGKILL'));
  let said = '';
  server.stdout.on('data', (data) => {
    said += String(data);
  });
  await eventually(() => assert.match(said, /listening/));
  const client = [iperf, '-c', '10.9.0.2', '-p', '22100', '-n', bytes];
  await run('ip', ['netns', 'exec', scene.host.network.name, ...client]);
}

test('live flows are found, ordered, followed to their nodes and shown', { timeout: 180_000 }, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'iperf3')) return;
  const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '1' });
  await scene.start();
  const uuid = await scene.create({ GremlinQuery: onVa, RawPacketLimit: 2, ExtraTCPMetric: true });
  await scene.active([uuid]);
  await scene.ping(5);
  await transfer(t, scene, '4M');

  const flows = (steps = '', from = 'G') => scene.query<Flow[]>(`${from}.Flows()${steps}`);
  await eventually(async () => {
    const paths = (await flows()).map(({ LayersPath }) => LayersPath);
    for (const path of ['Ethernet/ARP', 'Ethernet/IPv4/ICMPv4', 'Ethernet/IPv4/TCP'])
      assert.ok(paths.includes(path), `${path} is not in ${paths}`);
    assert.equal((await flows(".Has('Metric.ABBytes', GT(1000000))")).length, 1, 'the transfer');
  }, 15_000);

  const [ping, ...others] = await flows(".Has('Application', 'ICMPv4')");
  assert.deepEqual(others, []);
  const { TID } = (await scene.node('va'))!.Metadata;
  assert.deepEqual(
    [ping!.NodeTID, ping!.CaptureID, ping!.Network!.A, ping!.Network!.B, ping!.ICMP!.Type],
    [TID, uuid, '10.9.0.1', '10.9.0.2', 'ECHO'],
  );
  assert.deepEqual([ping!.Metric!.ABPackets, ping!.Metric!.BAPackets], [5, 5]);
  assert.ok(!('LastRawPackets' in ping!));

  // The transfer, not iperf3's connection to itself about it.
  const [tcp] = await flows(".Has('Transport', 22100).Sort(DESC, 'Metric.ABBytes').Limit(1)");
  assert.ok(tcp!.Metric!.ABBytes > 1_000_000, JSON.stringify(tcp));
  assert.ok(Number(tcp!.TCPMetric!['ABSynStart']) > 0);
  assert.equal(await scene.query("G.Flows().Has('Network.A', Ipv4Range('10.9.0.0/16')).Count()"), 3);

  // By node, and by what is no node.
  const ofNode = await flows('', onVa);
  assert.equal(ofNode.length, (await flows()).length);
  assert.deepEqual(await flows('', "G.V().Has('Type', 'host')"), []);

  const starts = (await flows(".Sort('Start')")).map(({ Start }) => Start);
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  );
  assert.equal((await flows(".Dedup('Network.A', 'Link.A').Has('Network.A', '10.9.0.1')")).length, 1);
  assert.deepEqual(await scene.query("G.Flows().Has('Application', 'ICMPv4').Values('Network.B')"), [
    '10.9.0.2',
  ]);

  const nodes = async (steps: string) =>
    (
      await scene.query<{ Metadata: { Name: string } }[]>(`G.Flows().Has('Application', 'ICMPv4')${steps}`)
    ).map(({ Metadata }) => Metadata.Name);
  assert.deepEqual(await nodes('.CaptureNode()'), ['va']);
  assert.deepEqual(await nodes('.Hops()'), ['va']);
  // Captured there, and the end A; the other end is on a host without an agent.
  assert.deepEqual(await nodes('.Nodes()'), ['va', 'va']);
  assert.deepEqual(await nodes('.In()'), ['va']);

  const icmp = "G.Flows().Has('Application', 'ICMPv4')";
  const [metrics] = await scene.query<{ [uuid: string]: FlowMetric[] }[]>(`${icmp}.Metrics()`);
  assert.deepEqual(Object.keys(metrics!), [ping!.UUID]);
  // Nothing came since its latest update.
  await eventually(async () => {
    const [sum] = [await scene.query<FlowMetric>(`${icmp}.Metrics().Sum()`)];
    assert.equal(sum.ABPackets, 0);
  }, 5000);

  // The packets that a flow holds until its update.
  await eventually(async () => {
    await scene.ping(2);
    const [packets] = await scene.query<{ [uuid: string]: RawPacket[] }[]>(`${icmp}.RawPackets()`);
    const held = Object.values(packets!).flat();
    assert.ok(held.length > 0 && held.length <= 2);
    assert.equal(Buffer.from(held[0]!.Data, 'base64').subarray(12, 14).toString('hex'), '0800');
    const [filtered] = await scene.query<{ [uuid: string]: RawPacket[] | null }[]>(
      "G.Flows().RawPackets().BPF('icmp')",
    );
    const protocols = Object.values(filtered!)
      .flatMap((list) => list ?? [])
      .map(({ Data }) => Buffer.from(Data, 'base64')[23]);
    assert.deepEqual([...new Set(protocols)], [1]);
  }, 15_000);

  // Deleted: its tables are gone, and with them the flows.
  await scene.delete(uuid);
  await scene.active([]);
  assert.deepEqual(await flows(), []);
});

for (const protocol of ['udp', 'websocket']) {
  test(`every flow and report reaches the analyzer by ${protocol}`, { timeout: 120_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '1', SKYDIVE_FLOW_PROTOCOL: protocol });
    await scene.start();
    const uuid = await scene.create({ GremlinQuery: onVa });
    await scene.active([uuid]);
    await scene.ping(3);
    const agent = async () => {
      const { text } = await scene.requester.ask('http://127.0.0.1:8081/api/status');
      const status = JSON.parse(text) as {
        FlowProbes: string[];
        Ebpf: { Available: boolean; Hooks: string[] };
        Flows: { sent: number; dropped: number; queued: number };
      };
      assert.ok(status.FlowProbes.includes('ebpf'));
      assert.ok(status.Ebpf.Available && status.Ebpf.Hooks.length > 0, JSON.stringify(status.Ebpf));
      return status.Flows;
    };
    const analyzer = async () =>
      (await scene.json<{ Flows: Record<string, number> }>(200, '/api/status')).Flows;
    await eventually(async () => assert.ok((await analyzer())['Flows']! >= 2), 15_000);
    // The last flows and the last report go out when the capture ends.
    await scene.delete(uuid);
    await scene.active([]);
    await eventually(async () => {
      const { sent, dropped, queued } = await agent();
      assert.deepEqual([dropped, queued], [0, 0]);
      const { Messages, Malformed, Stats, Dropped } = await analyzer();
      assert.deepEqual([Messages, Malformed, Dropped], [sent, 0, 0]);
      assert.ok(Stats! >= 1);
    }, 15_000);
  });
}
