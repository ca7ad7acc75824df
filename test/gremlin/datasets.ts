// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataMap, Millis, Node } from '../../src/graph/element.js';
import type { Flow, FlowMetric } from '../../src/gremlin/flow-source.js';
import { FakeFlows, FakeStorage } from './fake-flows.js';
import { FakeHistory, type Record } from './fake-history.js';
import { nodes } from './fixtures.js';

// The datasets on which the conformance rows are evaluated.

export const t0: Millis = 1600000000000;

function node(ID: string, Metadata: MetadataMap, at: Millis, more: Partial<Node> = {}): Node {
  return {
    ID,
    Metadata,
    Host: 'a1',
    Origin: 'agent.a1',
    CreatedAt: at,
    UpdatedAt: at,
    DeletedAt: null,
    Revision: 1,
    ...more,
  };
}

function open<T extends Node>(element: T): Record<T> {
  return { element, archivedAt: null };
}

const tEdges: readonly (readonly [id: string, parent: string, child: string, metadata: MetadataMap])[] = [
  ['o1', 'h1', 'ns1', { RelationType: 'ownership' }],
  ['o2', 'h1', 'br', { RelationType: 'ownership' }],
  ['o3', 'h1', 'e0', { RelationType: 'ownership' }],
  ['o4', 'h1', 'v0', { RelationType: 'ownership' }],
  ['o5', 'ns1', 'v1', { RelationType: 'ownership' }],
  ['o6', 'h2', 'e1', { RelationType: 'ownership' }],
  ['l1', 'br', 'e0', { RelationType: 'layer2' }],
  ['l2', 'br', 'v0', { RelationType: 'layer2' }],
  ['l3', 'v0', 'v1', { RelationType: 'layer2', Type: 'veth' }],
  ['l4', 'e0', 'e1', { RelationType: 'layer2', Weight: 10, Labels: ['a', 'b'] }],
];

function datasetT(): FakeHistory {
  return new FakeHistory(
    nodes.T.map(({ ID, i, Host, Metadata }) =>
      open(
        node(ID, Metadata, t0 + i * 1000, { Host, Origin: `agent.${Host}`, Revision: ID === 'e0' ? 4 : 1 }),
      ),
    ),
    tEdges.map(([ID, Parent, Child, Metadata], index) => {
      const Host = ID === 'o6' ? 'a2' : 'a1';
      const at = t0 + (100 + index + 1) * 1000;
      return open({ ...node(ID, Metadata, at, { Host, Origin: `agent.${Host}` }), Parent, Child });
    }),
  );
}

function revision(
  ID: string,
  Revision: number,
  created: number,
  updated: number,
  archived: number | null,
  deleted: boolean,
  Metadata: MetadataMap,
): Record<Node> {
  const archivedAt = archived === null ? null : t0 + archived * 1000;
  return {
    element: node(ID, Metadata, t0 + created * 1000, {
      UpdatedAt: t0 + updated * 1000,
      DeletedAt: deleted ? archivedAt : null,
      Revision,
    }),
    archivedAt,
  };
}

function link(of: Record<Node>, Parent: string, Child: string): Record<Edge> {
  return { element: { ...of.element, Parent, Child }, archivedAt: of.archivedAt };
}

function datasetH(): FakeHistory {
  const x = { Name: 'x', Type: 'bridge', TID: 't-x' };
  const layer2 = { RelationType: 'layer2' };
  return new FakeHistory(
    [
      revision('x', 1, 10, 10, 20, false, { ...x, MTU: 1400 }),
      revision('x', 2, 10, 20, 40, false, { ...x, MTU: 1500 }),
      revision('x', 3, 10, 40, null, false, { ...x, MTU: 9000 }),
      revision('y', 1, 15, 15, 30, true, { Name: 'y', Type: 'veth', TID: 't-y' }),
      revision('z', 1, 35, 35, null, false, { Name: 'z', Type: 'device', TID: 't-z' }),
    ],
    [
      link(revision('xy', 1, 16, 16, 30, true, layer2), 'x', 'y'),
      link(revision('xz', 1, 36, 36, null, false, layer2), 'x', 'z'),
    ],
  );
}

function datasetM(): FakeHistory {
  return new FakeHistory(
    Object.entries(nodes.M).map(([ID, Metadata], i) => open(node(ID, Metadata, t0 + i * 1000))),
    [],
  );
}

function datasetMH(): FakeHistory {
  const metrics: readonly (readonly [archived: number | null, counters: MetadataMap])[] = [
    [60, { RxBytes: 3000, TxBytes: 600, RxPackets: 30, TxPackets: 6, Start: t0, Last: t0 + 30000 }],
    [90, { RxBytes: 1500, TxBytes: 300, RxPackets: 15, TxPackets: 3, Start: t0 + 30000, Last: t0 + 60000 }],
    [null, { RxBytes: 600, TxBytes: 60, RxPackets: 6, TxPackets: 0, Start: t0 + 60000, Last: t0 + 90000 }],
  ];
  return new FakeHistory(
    metrics.map(([archived, LastUpdateMetric], i) =>
      revision('p1', i + 1, 30, 30 * (i + 1), archived, false, {
        Name: 'p1',
        Type: 'device',
        LastUpdateMetric,
      }),
    ),
    [],
  );
}

function metric(counts: readonly [number, number, number, number], Start: Millis, Last: Millis): FlowMetric {
  const [ABPackets, ABBytes, BAPackets, BABytes] = counts;
  return { ABPackets, ABBytes, BAPackets, BABytes, Start, Last };
}

function flow(
  UUID: string,
  layers: string,
  TrackingID: string,
  NodeTID: string,
  CaptureID: string,
  mac: readonly [a: string, b: string],
  ip: readonly [a: string, b: string],
  more: Pick<Flow, 'Start' | 'Last'> & Partial<Flow>,
): Flow {
  return {
    UUID,
    LayersPath: `Ethernet/IPv4/${layers}`,
    Application: layers.slice(layers.indexOf('/') + 1),
    Link: { Protocol: 'ETHERNET', A: `02:00:00:00:00:${mac[0]}`, B: `02:00:00:00:00:${mac[1]}`, ID: 0 },
    Network: { Protocol: 'IPV4', A: ip[0], B: ip[1], ID: 0 },
    TrackingID,
    ParentUUID: '',
    NodeTID,
    CaptureID,
    RawPacketsCaptured: 0,
    ...more,
  };
}

const http = { Protocol: 'TCP', A: 40000, B: 80, ID: 0 };
const f1 = flow('f1', 'TCP', 'tr1', 't-v0', 'c1', ['a1', 'e1'], ['10.0.0.5', '10.0.9.9'], {
  Transport: http,
  Metric: metric([10, 1000, 8, 800], 10000, 40000),
  LastUpdateMetric: metric([2, 200, 1, 100], 30000, 40000),
  Start: 10000,
  Last: 40000,
  LastRawPackets: [
    { Timestamp: 15000, Index: 1, Data: 'AAECAwQFBgcICQoLDA0ODw==', LinkType: 1 },
    { Timestamp: 16000, Index: 2, Data: 'AAE=', LinkType: 1 },
  ],
});
const f2 = flow('f2', 'TCP', 'tr1', 't-e0', 'c2', ['a1', 'e1'], ['10.0.0.5', '10.0.9.9'], {
  Transport: http,
  Metric: metric([10, 1040, 8, 840], 10000, 41000),
  LastUpdateMetric: metric([2, 208, 1, 104], 30000, 40000),
  Start: 10000,
  Last: 41000,
});
const f3 = flow('f3', 'UDP/DNS', 'tr3', 't-e1', 'c2', ['e1', 'ff'], ['10.0.0.200', '10.0.0.5'], {
  Transport: { Protocol: 'UDP', A: 5353, B: 53, ID: 0 },
  Metric: metric([4, 400, 0, 0], 20000, 25000),
  LastUpdateMetric: metric([4, 400, 0, 0], 20000, 30000),
  Start: 20000,
  Last: 25000,
});
const f4 = flow('f4', 'ICMPv4', 'tr4', 't-e1', 'c2', ['a0', 'e1'], ['10.0.9.9', '10.0.0.200'], {
  ICMP: { Type: 'ECHO', ID: 7 },
  Metric: metric([6, 600, 6, 600], 30000, 60000),
  Start: 30000,
  Last: 60000,
});
const { Link: _, ...unlinked } = f1;
const f5: Flow = { ...unlinked, UUID: 'f5', Application: 'L3', FinishType: 2 };

export interface Dataset {
  readonly graph: FakeHistory;
  readonly flows: FakeFlows;
}

export const datasets: Readonly<{ [name: string]: () => Dataset }> = {
  T: () => ({
    graph: datasetT(),
    flows: new FakeFlows(
      new Map([
        ['a1', [f1, f2]],
        ['a2', [f3, f4]],
      ]),
    ),
  }),
  H: () => ({ graph: datasetH(), flows: new FakeFlows(new Map()) }),
  M: () => ({ graph: datasetM(), flows: new FakeFlows(new Map([['a1', [f1, f3, f5]]])) }),
  MH: () => ({ graph: datasetMH(), flows: new FakeFlows(new Map(), new FakeStorage([f1, f3, f5])) }),
};
