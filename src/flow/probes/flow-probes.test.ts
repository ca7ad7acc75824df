// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../config/key.js';
import { SkydiveError } from '../../errors.js';
import { Graph } from '../../graph/graph.js';
import { silentLogger } from '../../log/logger.js';
import type { OvsDatabase } from '../../ovs/database.js';
import type { Capture } from '../capture.js';
import { decodeCapture } from '../decode-capture.js';
import { statsMessage } from '../stats-message.js';
import { FlowProbes } from './flow-probes.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStats } from './probe.js';

const quiet: FlowProbeStats = {
  packetsReceived: 0,
  packetsDropped: 0,
  packetsIfDropped: 0,
  flowCount: 0,
  flowDropped: 0,
  kernelFlowDropped: 0,
};

class FakeProbe implements FlowProbe {
  readonly countsPackets: boolean;
  readonly shown: Readonly<Record<string, string>>;
  readonly context: FlowProbeContext;
  readonly elsewhere: boolean;
  now: FlowProbeStats = quiet;
  stopped = false;

  constructor(context: FlowProbeContext) {
    this.context = context;
    this.elsewhere = context.capture.Target !== undefined;
    this.countsPackets = context.capture.Type !== 'pcapsocket';
    this.shown = context.capture.Type === 'pcapsocket' ? { PCAPSocket: '127.0.0.1:8100' } : {};
  }

  query(searchQuery: Uint8Array): Buffer | undefined {
    if (this.context.capture.Target !== undefined) return undefined;
    return Buffer.from(`${this.context.capture.UUID}:${Buffer.from(searchQuery).toString()}`);
  }

  stats(): FlowProbeStats {
    return this.now;
  }

  stop(): void {
    this.stopped = true;
    this.context.send([Buffer.from(`last of ${this.context.capture.UUID}`)]);
  }
}

function sceneWithOvs() {
  return scene({} as OvsDatabase);
}

/** A host with `eth0`, and `veth0` in a namespace; probes that do nothing. */
function scene(database?: OvsDatabase) {
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ ID: 'host', Metadata: { Type: 'host', Name: 'h' } });
  const netns = graph.addNode({
    ID: 'ns',
    Metadata: { Type: 'netns', Name: 'blue', Path: '/run/netns/blue' },
  });
  graph.addOwnership(host.ID, netns.ID);
  const add = (id: string, owner: string, metadata = {}) => {
    graph.addNode({
      ID: id,
      Metadata: { Type: 'veth', Name: id, TID: `tid-${id}`, EncapType: 'ether', ...metadata },
    });
    graph.addOwnership(owner, id);
  };
  add('eth0', host.ID, { Type: 'device' });
  add('veth0', netns.ID);
  const started: FakeProbe[] = [];
  const errors: string[] = [];
  const periods = new Map<number, () => void>();
  const start = async (context: FlowProbeContext) => {
    if (context.capture.Name === 'bad') throw new Error('no such luck');
    const probe = new FakeProbe(context);
    started.push(probe);
    return probe;
  };
  const load = async () => start;
  const probes = new FlowProbes({
    graph,
    config: { getInt: () => 2 } as unknown as Config,
    logger: { ...silentLogger, error: (message) => errors.push(message) },
    ovs: () => database,
    types: [
      { type: 'afpacket', load },
      { type: 'pcapsocket', load },
    ],
    timers: {
      every: (ms, run) => {
        periods.set(ms, run);
        return () => periods.delete(ms);
      },
    },
  });
  const sent: Buffer[] = [];
  probes.onMessages((messages) => sent.push(...messages));
  probes.start();
  return {
    graph,
    probes,
    started,
    sent,
    errors,
    /** The counters' period, or the reports'. */
    tick: (ms: 2000 | 10_000) => periods.get(ms)!(),
    timers: () => periods.size,
    shown: (id: string) => graph.getNode(id)?.Metadata['Captures'],
    texts: () => sent.splice(0).map(String),
  };
}

function capture(UUID: string, members: Partial<Capture> = {}): Capture {
  return decodeCapture({ ...members, UUID });
}

test('a probe gets what it captures, and the node shows the capture', async () => {
  const { probes, started, shown } = scene();
  await probes.startCapture('veth0', capture('c1', { Name: 'mine', BPFFilter: 'icmp', Description: 'd' }));
  await probes.startCapture('eth0', capture('c1', { Type: 'pcapsocket' }));
  assert.equal(probes.count, 2);
  const { metadata: _, ...node } = started[0]!.context.node;
  assert.deepEqual(node, {
    id: 'veth0',
    name: 'veth0',
    type: 'veth',
    tid: 'tid-veth0',
    encapType: 'ether',
    namespacePath: '/run/netns/blue',
  });
  assert.equal(started[1]!.context.node.namespacePath, undefined);
  // As recorded of the original: in this order.
  assert.equal(
    JSON.stringify(shown('veth0')),
    '[{"ID":"c1","State":"active","Name":"mine","Description":"d","BPFFilter":"icmp","PacketsReceived":0,"PacketsDropped":0,"PacketsIfDropped":0}]',
  );
  assert.deepEqual(shown('eth0'), [
    {
      ID: 'c1',
      State: 'active',
      Type: 'pcapsocket',
      PCAPSocket: '127.0.0.1:8100',
      PacketsReceived: 0,
      PacketsDropped: 0,
      PacketsIfDropped: 0,
    },
  ]);
});

test('stopping takes the entry away, and the key with the last one', async () => {
  const { probes, started, shown, texts } = scene();
  await probes.startCapture('eth0', capture('c1'));
  await probes.startCapture('eth0', capture('c2'));
  await probes.stopCapture('eth0', 'c1');
  assert.deepEqual(
    (shown('eth0') as { ID: string }[]).map(({ ID }) => ID),
    ['c2'],
  );
  await probes.stopCapture('eth0', 'c2');
  assert.equal(shown('eth0'), undefined);
  assert.deepEqual(
    started.map(({ stopped }) => stopped),
    [true, true],
  );
  assert.equal(texts()[0], 'last of c1');
  await assert.rejects(probes.stopCapture('eth0', 'c2'), { code: 'SKY_E_GRAPH_NOT_FOUND' });
});

test('what cannot be started is refused, and nothing is shown', async () => {
  const { graph, probes, shown } = scene();
  graph.addNode({ ID: 'lone', Metadata: { Type: 'veth', Name: 'lone' } });
  graph.addNode({ ID: 'plain', Metadata: { Name: 'plain' } });
  await probes.startCapture('eth0', capture('c1'));
  const rows: [nodeId: string, capture: Capture, code: string, message: RegExp][] = [
    ['nowhere', capture('c2'), 'SKY_E_GRAPH_NOT_FOUND', /nowhere is not on this host/],
    ['eth0', capture('c1'), 'SKY_E_PROBE', /c1 runs on node eth0 already/],
    ['eth0', capture('c2', { Name: 'bad' }), 'SKY_E_PROBE', /c2 on eth0 \(eth0\): no such luck/],
    [
      'eth0',
      capture('c2', { Type: 'dpdk' }),
      'SKY_E_PROBE',
      /Capture type dpdk not allowed on this node type: device/,
    ],
    [
      'eth0',
      capture('c2', { Type: 'ebpf' }),
      'SKY_E_PROBE',
      /Unable to find probe for this capture type: ebpf/,
    ],
    ['plain', capture('c2'), 'SKY_E_PROBE', /the node has no Type/],
    ['lone', capture('c2'), 'SKY_E_PROBE', /no ownership path to a host/],
    ['host', capture('c2'), 'SKY_E_PROBE', /cannot be captured/],
  ];
  for (const [nodeId, wanted, code, message] of rows) {
    await assert.rejects(probes.startCapture(nodeId, wanted), (error) => {
      assert.ok(error instanceof SkydiveError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.equal(probes.count, 1);
  assert.equal((shown('eth0') as unknown[]).length, 1);
});

test('two starts of one capture at the same time give one', async () => {
  const { probes, started } = scene();
  const outcomes = await Promise.allSettled([
    probes.startCapture('eth0', capture('c1')),
    probes.startCapture('eth0', capture('c1')),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(started.length, 1);
});

test('counters are shown in one change of the node, and only when they changed', async () => {
  const { graph, probes, started, shown, tick } = scene();
  await probes.startCapture('eth0', capture('c1'));
  await probes.startCapture('eth0', capture('c2'));
  await probes.startCapture('eth0', capture('c3', { Type: 'pcapsocket' }));
  const revision = () => graph.getNode('eth0')!.Revision;
  const before = revision();
  tick(2000);
  assert.equal(revision(), before);
  for (const probe of started) {
    probe.now = { ...quiet, packetsReceived: 10, packetsDropped: 2, packetsIfDropped: 1 };
  }
  tick(2000);
  assert.equal(revision(), before + 1);
  const counters = (shown('eth0') as Record<string, number>[]).map((entry) => [
    entry['PacketsReceived'],
    entry['PacketsDropped'],
    entry['PacketsIfDropped'],
  ]);
  assert.deepEqual(counters, [
    [10, 2, 1],
    [10, 2, 1],
    [0, 0, 0],
  ]);
});

test('reports tell what came since the last one', async () => {
  const { probes, started, sent, tick } = scene();
  await probes.startCapture('eth0', capture('c1'));
  const probe = started[0]!;
  const report = { captureId: 'c1', flowCount: 0, flowDropped: 0, kernelFlowDropped: 0, packetsDropped: 0 };
  probe.now = { ...quiet, packetsReceived: 10, packetsDropped: 3, flowCount: 4, flowDropped: 1 };
  tick(10_000);
  probe.now = { ...probe.now, packetsReceived: 25, flowCount: 5, kernelFlowDropped: 2 };
  tick(10_000);
  assert.deepEqual(sent, [
    statsMessage({ ...report, flowCount: 4, flowDropped: 1, packetsDropped: 3, packetsReceived: 10 }),
    statsMessage({ ...report, flowCount: 5, kernelFlowDropped: 2, packetsReceived: 15 }),
  ]);
});

test('a capture with a target sends no reports, and shows what was sent', async () => {
  const { probes, started, sent, shown, tick } = scene();
  await probes.startCapture('eth0', capture('c1', { Target: '192.0.2.1:1' }));
  started[0]!.now = {
    ...quiet,
    packetsReceived: 9,
    flowDropped: 4,
    target: { sent: 5, dropped: 1, failed: 2, skipped: 3, error: 'Connection refused' },
  };
  tick(10_000);
  assert.deepEqual(sent, []);
  tick(2000);
  const [entry] = shown('eth0') as Record<string, unknown>[];
  const { TargetSent, TargetDropped, TargetFailed, TargetSkipped, TargetError, PacketsReceived } = entry!;
  assert.deepEqual(
    [PacketsReceived, TargetSent, TargetDropped, TargetFailed, TargetSkipped, TargetError],
    [9, 5, 1, 2, 3, 'Connection refused'],
  );
  assert.equal(entry?.['FlowDropped'], 4);
  await probes.stopCapture('eth0', 'c1');
  assert.deepEqual(sent.map(String), ['last of c1']);
});

test('a probe that ends by itself shows why', async () => {
  const { probes, started, shown, errors } = scene();
  await probes.startCapture('eth0', capture('c1'));
  started[0]!.context.failed('packet poll failed');
  const [entry] = shown('eth0') as Record<string, unknown>[];
  assert.equal(entry?.['State'], 'error');
  assert.equal(entry?.['Error'], 'packet poll failed');
  assert.deepEqual(errors, ['capture c1 on eth0 (eth0) ended: packet poll failed']);
  await probes.stopCapture('eth0', 'c1');
  assert.equal(shown('eth0'), undefined);
});

test('a node that goes takes its captures with it, one that comes back has none', async () => {
  const { graph, probes, started } = scene();
  await probes.startCapture('eth0', capture('c1'));
  await probes.startCapture('veth0', capture('c1'));
  graph.deleteNode('eth0');
  assert.deepEqual(
    started.map(({ stopped }) => stopped),
    [true, false],
  );
  assert.equal(probes.count, 1);
});

test('a node that goes while its capture starts leaves none behind', async () => {
  const { graph, probes, started } = scene();
  const starting = probes.startCapture('eth0', capture('c1'));
  graph.deleteNode('eth0');
  await assert.rejects(starting, /the node went while the capture started/);
  assert.deepEqual(
    started.map(({ stopped }) => stopped),
    [true],
  );
  assert.equal(probes.count, 0);
});

test('a query is asked of each table; flows that go elsewhere have none', async () => {
  const { probes } = scene();
  await probes.startCapture('eth0', capture('c1'));
  await probes.startCapture('eth0', capture('c2', { Target: '192.0.2.1:1' }));
  await probes.startCapture('veth0', capture('c1'));
  assert.deepEqual((await probes.query(Buffer.from('q'))).map(String), ['c1:q', 'c1:q']);
});

test('stop ends everything and hands out the last flows', async () => {
  const { probes, started, shown, timers, texts } = scene();
  await probes.startCapture('eth0', capture('c1'));
  await probes.startCapture('veth0', capture('c2'));
  await probes.stop();
  assert.deepEqual(
    started.map(({ stopped }) => stopped),
    [true, true],
  );
  assert.deepEqual([shown('eth0'), shown('veth0'), probes.count, timers()], [undefined, undefined, 0, 0]);
  const said = texts();
  assert.ok(said.includes('last of c1') && said.includes('last of c2'), said.join());
});

test('a part of a capture runs on another node, shows itself there, and ends with the whole', async () => {
  const { graph, probes, started, shown } = sceneWithOvs();
  await probes.startCapture('eth0', capture('c1', { Name: 'mine' }));
  const part = await started[0]!.context.ovs!.captureOn('veth0', { MirrorOf: 'eth0' });
  assert.equal(probes.count, 2);
  assert.equal(started[1]!.context.node.id, 'veth0');
  assert.deepEqual(
    (shown('veth0') as Record<string, unknown>[]).map(({ ID, MirrorOf, Name }) => [ID, MirrorOf, Name]),
    [['c1', 'eth0', 'mine']],
  );
  // The analyzer stops a capture on every node that shows it.
  await probes.stopCapture('veth0', 'c1');
  assert.equal(started[1]!.stopped, false);
  await part.stop();
  assert.deepEqual([started[1]!.stopped, shown('veth0')], [true, undefined]);
  await part.stop();
  await assert.rejects(started[0]!.context.ovs!.captureOn('nowhere', {}), /gone/);

  await started[0]!.context.ovs!.captureOn('veth0', {});
  graph.deleteNode('veth0');
  assert.equal(started[2]!.stopped, true);
  assert.equal(probes.count, 1);
});

test('without the probe of Open vSwitch captures do not get its database', async () => {
  const { probes, started } = scene();
  await probes.startCapture('eth0', capture('c1'));
  assert.equal(started[0]!.context.ovs, undefined);
});

test('a capture begins anew when its node gets another TID', async () => {
  const { graph, probes, started, shown } = scene();
  await probes.startCapture('eth0', capture('c1'));
  graph.update('node', 'eth0', { delete: ['TID'] });
  graph.update('node', 'eth0', { set: { MTU: 1400 } });
  assert.equal(started.length, 1);
  graph.update('node', 'eth0', { set: { TID: 'other' } });
  const end = performance.now() + 10_000;
  while (started.length < 2 || shown('eth0') === undefined) {
    assert.ok(performance.now() < end, 'it does not begin anew');
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(started[0]!.stopped, true);
  assert.equal(started[1]!.context.node.tid, 'other');
  assert.equal((shown('eth0') as unknown[]).length, 1);
  assert.equal(probes.count, 1);
});
