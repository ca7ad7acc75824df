// SPDX-License-Identifier: Apache-2.0
// What a capture's flows add up to is what the kernel counted: nothing is missed, nothing counted twice.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../netns/eventually.js';
import { hasPrograms } from '../netns/has-programs.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import type { ScratchNamespace } from '../netns/scratch-namespace.js';
import { CapturedHost } from './captured-host.js';

const run = promisify(execFile);

interface Flow {
  readonly LayersPath: string;
  readonly ParentUUID: string;
  readonly CaptureID: string;
  readonly NodeTID: string;
  readonly Transport?: { readonly A: number; readonly B: number };
  readonly Metric: Readonly<Record<'ABPackets' | 'ABBytes' | 'BAPackets' | 'BABytes', number>>;
}

/** One run of iperf3 from the host to the far end. */
async function iperf(t: TestContext, scene: CapturedHost, ...options: string[]): Promise<void> {
  const inside = ({ name }: ScratchNamespace) => ['netns', 'exec', name, 'iperf3'];
  const server = spawn('ip', [...inside(scene.far), '-s', '-1', '-B', '10.9.0.2', '--forceflush']);
  t.after(() => server.kill('SIGKILL'));
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (said += data));
  await eventually(() => assert.match(said, /Server listening/), 15_000);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await run('ip', [...inside(scene.host.network), '-c', '10.9.0.2', ...options]);
  await ended;
}

test("the flows of iperf3, ping and a fragmented stream add up to the interface's counters", {
  timeout: 180_000,
}, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'iperf3')) return;
  // No flow leaves its table during the test, and no packet finds the ring full.
  const scene = await CapturedHost.up(t, {
    SKYDIVE_FLOW_UPDATE: '600',
    SKYDIVE_AGENT_CAPTURE_RING_SIZE: '32MiB',
  });
  await scene.start();
  const before = await scene.traffic();
  const uuid = await scene.create({ GremlinQuery: "G.V().Has('Name', 'va')" });
  await scene.active([uuid]);
  await iperf(t, scene, '-n', '20M');
  await iperf(t, scene, '-u', '-l', '4000', '-b', '50M', '-n', '2M');
  await scene.ping(30);

  const flowsOf = () => scene.query<Flow[]>(`G.Flows().Has('CaptureID', '${uuid}')`);
  await eventually(async () => {
    const after = await scene.traffic();
    const flows = await flowsOf();
    const outermost = flows.filter(({ ParentUUID }) => ParentUUID === '');
    const sum = (a: 'ABPackets' | 'ABBytes', b: 'BAPackets' | 'BABytes') =>
      outermost.reduce((total, { Metric }) => total + Metric[a] + Metric[b], 0);
    const [shown] = await scene.captures();
    const packets = after.packets - before.packets;
    assert.deepEqual(
      {
        packets: sum('ABPackets', 'BAPackets'),
        bytes: sum('ABBytes', 'BABytes'),
        received: shown?.PacketsReceived,
        dropped: shown?.PacketsDropped,
      },
      { packets, bytes: after.bytes - before.bytes, received: packets, dropped: 0 },
    );
  }, 15_000);
  const flows = await flowsOf();
  const tid = (await scene.node('va'))?.Metadata['TID'];
  assert.ok(flows.every(({ CaptureID, NodeTID }) => CaptureID === uuid && NodeTID === tid));
  const to5201 = (path: string) =>
    flows.filter(({ LayersPath, Transport }) => LayersPath === path && Transport?.B === 5201);
  // Control connections of both runs, and the data of the first.
  assert.equal(to5201('Ethernet/IPv4/TCP').length, 3);
  const paths = new Set(flows.map(({ LayersPath }) => LayersPath));
  for (const path of ['Ethernet/IPv4/ICMPv4', 'Ethernet/IPv4/Fragment', 'Ethernet/ARP']) {
    assert.ok(paths.has(path), `${path} among ${[...paths].join(', ')}`);
  }
  const ofNode = await scene.query<Flow[]>("G.V().Has('Name', 'va').Flows()");
  assert.equal(ofNode.length, flows.length);

  await scene.delete(uuid);
  await scene.active([]);
  await scene.ping(5);
  assert.deepEqual(await flowsOf(), []);
});
