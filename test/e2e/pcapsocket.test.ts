// SPDX-License-Identifier: Apache-2.0
// Captures that others send capture files to, from the API to Gremlin.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Flow, read, root } from '../golden/flows.js';
import { eventually } from '../netns/eventually.js';
import { hasPrograms } from '../netns/has-programs.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

const run = promisify(execFile);
const pcap = (name: string) => join(root, 'test/golden/pcap', `${name}.pcap`);

/** What a flow is, but for its times. */
function summary(flows: readonly Flow[]): string[] {
  return flows
    .map(({ LayersPath, TrackingID, Metric: m }) =>
      [LayersPath, TrackingID, `${m.ABPackets}/${m.ABBytes} ${m.BAPackets}/${m.BABytes}`].join(' '),
    )
    .sort();
}

function flowsOfFile(name: string): Flow[] {
  return read(pcap(name), {})
    .flows()
    .flatMap((message) => JSON.parse(message.toString()) as Flow[]);
}

test('capture files that others send become flows of the node, each of its capture', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '600' });
  await scene.link('vb', 10);
  await scene.start();
  const create = (name: string) =>
    scene.create({ GremlinQuery: `G.V().Has('Name', '${name}')`, Type: 'pcapsocket' });
  const [first, second] = [await create('va'), await create('vb')];
  await scene.active([first], 'va');
  await scene.active([second], 'vb');
  const sockets = await Promise.all(
    ['va', 'vb'].map(async (name) => String((await scene.captures(name))[0]?.['PCAPSocket'])),
  );
  // Each has a port of its own, which the original's second capture has not.
  assert.deepEqual([...sockets].sort(), ['127.0.0.1:8100', '127.0.0.1:8101']);
  const send = (socket: string, file: string) => {
    const [host, port] = socket.split(':');
    const words = [
      'netns',
      'exec',
      scene.host.network.name,
      'bash',
      '-c',
      `exec cat > /dev/tcp/${host}/${port} < "$0"`,
    ];
    return run('ip', [...words, file]);
  };
  const flowsOf = (uuid: string) => scene.query<Flow[]>(`G.Flows().Has('CaptureID', '${uuid}')`);
  // Two senders to one capture, at once, and nonsense between them.
  await Promise.all([
    send(sockets[0]!, pcap('transport')),
    send(sockets[0]!, join(root, 'package.json')),
    send(sockets[0]!, pcap('tunnels')),
    send(sockets[1]!, pcap('network-v6')),
  ]);
  await eventually(async () => {
    assert.deepEqual(summary(await flowsOf(second)), summary(flowsOfFile('network-v6')));
    const wanted = summary([...flowsOfFile('transport'), ...flowsOfFile('tunnels')]);
    assert.deepEqual(summary(await flowsOf(first)), wanted);
  }, 20_000);
  const startedMs = Date.now() - 120_000;
  for (const { Start, Last } of await flowsOf(first)) {
    assert.ok(Start > startedMs && Last >= Start && Last <= Date.now() + 1000, `${Start} to ${Last}`);
  }
  const asked = await scene.requester.ask('http://127.0.0.1:8081/api/status');
  const { FlowListeners } = JSON.parse(asked.text) as { FlowListeners: Record<string, unknown>[] };
  const status = FlowListeners.find(({ Capture }) => Capture === first);
  assert.deepEqual([status?.['Streams'], status?.['Ended'], status?.['Failed']], [0, 3, 1]);
  await eventually(() =>
    assert.match(scene.agent.log, /pcapsocket .* 1 streams failed: not a pcap or pcapng file/),
  );

  await scene.delete(first);
  await scene.delete(second);
  await scene.active([], 'va');
  // Nobody listens there any more.
  await assert.rejects(send(sockets[0]!, pcap('transport')), /Connection refused/);
});

test('a tcpdump elsewhere sends what it captures, as it comes', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'tcpdump')) return;
  const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '600' });
  await scene.start();
  const query = "G.V().Has('Name', 'va')";
  const uuid = await scene.create({ GremlinQuery: query, Type: 'pcapsocket', BPFFilter: 'icmp' });
  await scene.active([uuid]);
  const [host, port] = String((await scene.captures())[0]?.['PCAPSocket']).split(':');
  // Of an interface that nobody captures, through a pipe.
  const command = `tcpdump -Z root -i va -U --immediate-mode -w - > /dev/tcp/${host}/${port}`;
  const sender = spawn('ip', ['netns', 'exec', scene.host.network.name, 'bash', '-c', command], {
    detached: true,
  });
  const stop = () => process.kill(-sender.pid!, 'SIGTERM');
  t.after(() => {
    if (sender.exitCode === null && sender.signalCode === null) stop();
  });
  let said = '';
  sender.stderr.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => assert.match(said, /listening on va/), 15_000);
  await scene.ping(7);
  const flows = () => scene.query<Flow[]>(`G.Flows().Has('CaptureID', '${uuid}')`);
  await eventually(async () => {
    assert.deepEqual(
      (await flows()).map(({ LayersPath, Network, Metric }) => [
        LayersPath,
        `${Network?.A} ${Network?.B}`,
        Metric.ABPackets,
        Metric.BAPackets,
      ]),
      [['Ethernet/IPv4/ICMPv4', '10.9.0.1 10.9.0.2', 7, 7]],
      said,
    );
  }, 15_000);
  stop();
  await once(sender, 'exit');
});
