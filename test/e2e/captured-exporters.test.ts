// SPDX-License-Identifier: Apache-2.0
// Captures that exporters feed, from the API to Gremlin: sFlow agents and exporters of NetFlow beyond the host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import {
  interfaceCounters,
  ipfix,
  netflow5,
  netflow9,
  sampledPacket,
  sendDatagrams,
  sflowDatagram,
  udpFrame,
} from '../netns/exporters.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

interface Flow {
  readonly LayersPath?: string;
  readonly Application: string;
  readonly NodeTID: string;
  readonly Network: { readonly A: string; readonly B: string };
  readonly Transport: { readonly A: number; readonly B: number };
  readonly Metric: Readonly<Record<'ABPackets' | 'ABBytes' | 'BAPackets' | 'BABytes', number>>;
}

function summary(flows: readonly Flow[]): string[] {
  return flows
    .map(({ LayersPath, Application, Network, Transport, Metric: m }) => {
      const ends = `${Network.A}:${Transport.A} ${Network.B}:${Transport.B}`;
      return `${LayersPath} ${Application} ${ends} ${m.ABPackets}/${m.ABBytes} ${m.BAPackets}/${m.BABytes}`;
    })
    .sort();
}

test('captures of sFlow and NetFlow show the flows of their exporters', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '600' });
  await scene.start();
  const query = { GremlinQuery: "G.V().Has('Name', 'va')" };
  const sflow = await scene.create({ ...query, Type: 'sflow' });
  const netflow = await scene.create({ ...query, Type: 'netflow', Port: 24_150 });
  await scene.active([sflow, netflow]);
  const shown = await scene.captures();
  assert.deepEqual(
    shown.map(({ Type, SFlowSocket, NetFlowSocket }) => [Type, SFlowSocket ?? NetFlowSocket]).sort(),
    [
      ['netflow', '10.9.0.1:24150'],
      ['sflow', '10.9.0.1:6343'],
    ],
  );

  await sendDatagrams(scene.far, '10.9.0.1', 6343, [
    sflowDatagram(1, sampledPacket(udpFrame(1000, 53), 1504), sampledPacket(udpFrame(1000, 53), 504)),
    sflowDatagram(2, interfaceCounters(3, 1000, 2000)),
  ]);
  const [source, destination] = [0x0a080001, 0x0a080002];
  const there = { source, destination, ports: [1000, 80], protocol: 6, packets: 10, bytes: 5000 } as const;
  const back = { ...there, source: destination, destination: source, ports: [80, 1000] } as const;
  await sendDatagrams(scene.far, '10.9.0.1', 24_150, [
    netflow5({ ...there, ports: [1005, 80] }),
    netflow9(0, { ...there, ports: [1009, 80] }),
    netflow9(1, { ...back, ports: [80, 1009], packets: 20, bytes: 30_000 }),
    ipfix(0, { ...there, ports: [1010, 80] }),
    Buffer.from('nonsense'),
  ]);
  const flowsOf = (uuid: string) => scene.query<Flow[]>(`G.Flows().Has('CaptureID', '${uuid}')`);
  await eventually(async () => {
    // What was stripped of the frames does not count.
    assert.deepEqual(summary(await flowsOf(sflow)), [
      'Ethernet/IPv4/UDP UDP 10.7.0.1:1000 10.7.0.2:53 2/2000 0/0',
    ]);
    assert.deepEqual(summary(await flowsOf(netflow)), [
      'IPv4/TCP TCP 10.8.0.1:1009 10.8.0.2:80 10/5000 20/30000',
      'IPv4/TCP TCP 10.8.0.1:1010 10.8.0.2:80 10/5000 0/0',
      'undefined TCP 10.8.0.1:1005 10.8.0.2:80 5/2500 5/2500',
    ]);
  }, 15_000);
  const tid = (await scene.node('va'))?.Metadata['TID'];
  const ofNode = await scene.query<Flow[]>("G.V().Has('Name', 'va').Flows()");
  assert.deepEqual([ofNode.length, ofNode.every(({ NodeTID }) => NodeTID === tid)], [4, true]);

  await eventually(async () => {
    const { SFlow } = (await scene.node('va'))!.Metadata as {
      SFlow?: { IfMetrics: object; Metric: { IfInOctets: number } };
    };
    assert.deepEqual(SFlow?.IfMetrics, { 3: { IfInOctets: 1000, IfOutOctets: 2000 } });
  }, 15_000);
  const [metrics] = await scene.query<Record<string, { IfInOctets: number }[]>[]>(
    "G.V().Has('Name', 'va').Metrics('SFlow')",
  );
  assert.equal(Object.values(metrics!)[0]?.[0]?.IfInOctets, 1000);

  const status = JSON.parse((await scene.requester.ask('http://127.0.0.1:8081/api/status')).text) as {
    FlowListeners: { Capture: string; Datagrams: number; Malformed: number; Records: number }[];
  };
  assert.deepEqual(
    status.FlowListeners.map(({ Capture, Datagrams, Malformed, Records }) => [
      Capture,
      Datagrams,
      Malformed,
      Records,
    ]).sort(),
    [
      [sflow, 2, 0, 2],
      [netflow, 5, 1, 4],
    ].sort(),
  );

  await scene.delete(sflow);
  await scene.delete(netflow);
  await scene.active([]);
  await eventually(async () => assert.equal((await scene.node('va'))?.Metadata['SFlow'], undefined));
  assert.deepEqual(await flowsOf(netflow), []);
  // Their flows are history.
  await eventually(async () => {
    const past = await scene.query<Flow[]>(`G.At('-0s', 600).Flows().Has('CaptureID', '${netflow}')`);
    assert.deepEqual(summary(past), [
      'IPv4/TCP TCP 10.8.0.1:1009 10.8.0.2:80 10/5000 20/30000',
      'IPv4/TCP TCP 10.8.0.1:1010 10.8.0.2:80 10/5000 0/0',
      'undefined TCP 10.8.0.1:1005 10.8.0.2:80 5/2500 5/2500',
    ]);
  }, 20_000);
});
