// SPDX-License-Identifier: Apache-2.0
// Captures that exporters feed: sFlow and NetFlow, on a real interface in a namespace of its own.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import type { Flow } from '../../src/flow/flow.js';
import { FlowProbes } from '../../src/flow/probes/flow-probes.js';
import { startNetflowListener } from '../../src/flow/probes/netflow.js';
import { startSflowListener } from '../../src/flow/probes/sflow.js';
import { Graph } from '../../src/graph/graph.js';
import { type Logger, silentLogger } from '../../src/log/logger.js';
import { eventually } from './eventually.js';
import {
  datapathCounters,
  type ExportedRecord,
  interfaceCounters,
  ipfix,
  netflow5,
  netflow9,
  sampledPacket,
  sendDatagrams,
  sflowDatagram,
  udpFrame,
} from './exporters.js';
import { listening, type StartListener, testConfig } from './listening.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

/** A namespace `near` with the interface `here` (10.7.0.1), whose other end (10.7.0.2) is in `far`. */
async function scene(t: TestContext, logger: Logger = silentLogger) {
  const near = new ScratchNamespace('exporter');
  const far = new ScratchNamespace('exporter');
  t.after(() => {
    near.remove();
    far.remove();
  });
  await near.do(`link add here type veth peer name there netns ${far.name}`);
  for (const [space, link, host] of [
    [near, 'here', 1],
    [far, 'there', 2],
  ] as const) {
    await space.do(`addr add 10.7.0.${host}/24 dev ${link}`);
    await space.do(`link set ${link} up`);
  }
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  const netns = graph.addNode({ Metadata: { Type: 'netns', Name: 'near', Path: near.path } });
  graph.addOwnership(host.ID, netns.ID);
  const { ID } = graph.addNode({
    Metadata: { Type: 'veth', Name: 'here', TID: 'tid-here', IPV4: ['10.7.0.1/24'] },
  });
  graph.addOwnership(netns.ID, ID);
  const probes = new FlowProbes({ graph, config: await testConfig(), logger });
  const sent: Buffer[] = [];
  probes.onMessages((messages) => sent.push(...messages));
  probes.start();
  t.after(() => probes.stop());
  const metadata = () => graph.getNode(ID)!.Metadata;
  return { far, graph, probes, sent, node: ID, metadata };
}

test('what sFlow agents sample becomes flows, what they count becomes SFlow', {
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const { far, probes, sent, node, metadata } = await scene(t);
  await probes.startCapture(node, decodeCapture({ UUID: 'cap-1', Type: 'sflow', BPFFilter: 'port 53' }));
  assert.equal((metadata()['Captures'] as Record<string, unknown>[])[0]?.['SFlowSocket'], '10.7.0.1:6343');
  await sendDatagrams(far, '10.7.0.1', 6343, [
    sflowDatagram(1, sampledPacket(udpFrame(1000, 53), 1504), sampledPacket(udpFrame(1000, 80), 1504)),
    Buffer.from('nonsense'),
    sflowDatagram(5, interfaceCounters(3, 1000, 2000), interfaceCounters(4, 10, 20), datapathCounters(5, 6)),
  ]);
  await eventually(() => {
    const { LastUpdateMetric, ...shown } = metadata()['SFlow'] as Record<string, Record<string, unknown>>;
    const { Last, ...metric } = shown['Metric']!;
    assert.deepEqual(
      { ...shown, Metric: metric },
      {
        IfMetrics: {
          3: { IfInOctets: 1000, IfOutOctets: 2000 },
          4: { IfInOctets: 10, IfOutOctets: 20 },
        },
        Metric: { IfInOctets: 1010, IfOutOctets: 2020, OvsDpNHit: 5, OvsDpNMissed: 6 },
      },
    );
    assert.deepEqual(LastUpdateMetric, { ...metric, Last });
    assert.ok(Math.abs(Number(Last) - Date.now()) < 60_000);
  }, 10_000);
  const [status] = probes.status();
  const { Capture, Node, Socket, Datagrams, Malformed, Records, Skipped, Lost, Sampling } = status!;
  assert.deepEqual(
    { Capture, Node, Socket, Datagrams, Malformed, Records, Skipped, Lost, Sampling },
    {
      ...{ Capture: 'cap-1', Node: node, Socket: '10.7.0.1:6343' },
      ...{ Datagrams: 3, Malformed: 1, Records: 2, Skipped: 1, Lost: 3, Sampling: 64 },
    },
  );
  // Who has the port keeps it.
  await assert.rejects(
    probes.startCapture(node, decodeCapture({ UUID: 'cap-2', Type: 'netflow', Port: 6343 })),
    /cap-2 on here .*: cannot receive flows on UDP 10\.7\.0\.1:6343: Address already in use; give the capture another Port$/,
  );
  await probes.stopCapture(node, 'cap-1');
  assert.equal(metadata()['SFlow'], undefined);
  assert.equal(metadata()['Captures'], undefined);
  const messages = Buffer.concat(sent).toString('latin1');
  assert.match(messages, /Ethernet\/IPv4\/UDP/);
  assert.ok(messages.includes('cap-1') && messages.includes('tid-here'));
});

const record: ExportedRecord = {
  source: 0x0a080001,
  destination: 0x0a080002,
  ports: [1000, 80],
  protocol: 6,
  packets: 10,
  bytes: 5000,
};
const back: ExportedRecord = {
  ...record,
  source: record.destination,
  destination: record.source,
  ports: [80, 1000],
  packets: 20,
  bytes: 30_000,
};

/** A namespace of its own, with a listener. */
async function alone(t: TestContext, start: StartListener) {
  const space = new ScratchNamespace('exporter');
  t.after(() => space.remove());
  await space.do('link set lo up');
  const { begin, said } = await listening(t, start, space);
  return { space, begin, said, first: await begin() };
}

for (const start of [startSflowListener, startNetflowListener]) {
  test(`${start.name} takes the first free port of its range`, { timeout: 60_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const { first, begin } = await alone(t, start);
    assert.deepEqual([first.started.port, first.started.socket], [24_100, '127.0.0.1:24100']);
    const second = await begin();
    assert.equal(second.started.port, 24_101);
    await assert.rejects(begin(), /cannot receive flows on UDP 127\.0\.0\.1:24101: Address already in use/);
    await second.stop();
    assert.equal((await begin()).started.port, 24_101);
  });
}

/** Packets and bytes of both directions of each flow. */
function summary(flows: readonly Flow[]): string[] {
  return flows.map(({ Metric: m }) => `${m?.ABPackets}/${m?.ABBytes} ${m?.BAPackets}/${m?.BABytes}`).sort();
}

/** Version → datagrams, and what of them is in the flows: packets and bytes of both directions. */
const exports: readonly [name: string, datagrams: () => Buffer[], flows: string[]][] = [
  // Half of each record in each direction, as the original has it.
  [
    'NetFlow 5',
    () => [netflow5(record), netflow5(back), netflow5(record)],
    ['10/15000 10/15000', '10/5000 10/5000'],
  ],
  ['NetFlow 9', () => [netflow9(0, record), netflow9(1, back)], ['10/5000 20/30000']],
  ['IPFIX', () => [ipfix(0, record), ipfix(1, back, false)], ['10/5000 20/30000']],
];

for (const [name, datagrams, wanted] of exports) {
  test(`records of ${name} become flows`, { timeout: 60_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const { space, first } = await alone(t, startNetflowListener);
    const { started } = first;
    const count = datagrams().length;
    await sendDatagrams(space, '127.0.0.1', started.port, datagrams());
    await eventually(() => assert.equal(started.status?.()['Records'], count));
    assert.deepEqual(summary(await first.flows()), wanted);
    assert.deepEqual(
      { ...started.status?.(), Socket: '' },
      {
        ...{ Socket: '', Datagrams: count, Dropped: 0, Malformed: 0, Records: count, Skipped: 0, Lost: 0 },
        ...{ NoTemplate: 0, Sampling: 1, CountersDropped: 0, InterfacesLeftOut: 0 },
      },
    );
  });
}

test('malformed datagrams are said once, and end nothing', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { space, said, first } = await alone(t, startNetflowListener);
  const { started } = first;
  const malformed = [Buffer.from('nonsense'), netflow5(record).subarray(0, 50), Buffer.alloc(0)];
  await sendDatagrams(space, '127.0.0.1', started.port, [...malformed, ipfix(0, record, false)]);
  await eventually(
    () => assert.match(said.join('\n'), /: 3 datagrams are malformed .*: 127\.0\.0\.1:\d+: /),
    10_000,
  );
  assert.match(said.join('\n'), /: 1 sets of records came before their templates/);
  await sendDatagrams(space, '127.0.0.1', started.port, [...malformed, netflow5(record)]);
  await eventually(() => assert.equal(started.status?.()['Malformed'], 6));
  assert.deepEqual(summary(await first.flows()), ['5/2500 5/2500']);
  assert.equal(said.filter((line) => line.includes('malformed')).length, 1);
});
