// SPDX-License-Identifier: Apache-2.0
// Captures from the API or the command line to an agent's interface and back, over restarts of either process.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

const onVa = "G.V().Has('Name', 'va')";

test('a capture counts its interface, and is gone when it is deleted', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const before = await scene.packets();
  const made = await scene.json<Record<string, unknown>>(201, '/api/capture', {
    method: 'POST',
    body: { GremlinQuery: onVa, Name: 'mine', Description: 'd', BPFFilter: '', Count: 7, UUID: 'mine' },
  });
  const { UUID, ...rest } = made;
  assert.match(String(UUID), /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, {
    GremlinQuery: onVa,
    Name: 'mine',
    Description: 'd',
    Count: 7,
    SamplingRate: 0,
    PollingInterval: 0,
    ExtraTCPMetric: false,
    IPDefrag: false,
    ReassembleTCP: false,
    LayerKeyMode: 'L2',
  });
  const uuid = String(UUID);
  await scene.active([uuid]);
  await scene.ping(20);
  await eventually(async () => {
    const [shown] = await scene.captures();
    assert.equal(shown?.PacketsReceived, (await scene.packets()) - before);
    assert.equal(shown?.PacketsDropped, 0);
    assert.deepEqual([shown?.['Name'], shown?.['Description'], shown?.['Type']], ['mine', 'd', undefined]);
  }, 15_000);
  assert.ok((await scene.captures())[0]!.PacketsReceived >= 40);
  assert.equal((await scene.json<{ Count: number }>(200, `/api/capture/${uuid}`)).Count, 1);
  const listed = await scene.json<Record<string, { Count: number }>>(200, '/api/capture');
  assert.deepEqual(
    Object.entries(listed).map(([id, { Count }]) => [id, Count]),
    [[uuid, 1]],
  );
  const status = await scene.json<{ Captures: unknown }>(200, '/api/status');
  assert.deepEqual(status.Captures, { IsMaster: true });

  await scene.delete(uuid);
  await scene.active([]);
  assert.equal((await scene.ask(`/api/capture/${uuid}`)).status, 404);
  assert.equal((await scene.ask(`/api/capture/${uuid}`, { method: 'DELETE' })).status, 404);
  const node = await scene.node('va');
  assert.ok(node !== undefined && !('Captures' in node.Metadata));
});

test('a capture is there for what appears later, and until its time is over', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const uuid = await scene.create({ GremlinQuery: "G.V().Has('Name', 'vb')" });
  const short = await scene.create({ GremlinQuery: onVa }, { 'X-Resource-TTL': '3s' });
  await scene.active([short]);
  await scene.link('vb', 10);
  await scene.active([uuid], 'vb');
  await scene.ping(5, '10.10.0.2');
  await eventually(async () => assert.ok((await scene.captures('vb'))[0]!.PacketsReceived >= 10), 15_000);
  await scene.active([]);
  assert.equal((await scene.ask(`/api/capture/${short}`)).status, 404);
  await scene.active([uuid], 'vb');
});

test('an interface that moves into a namespace is captured there', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  const inner = scene.bindNamespace();
  await scene.start();
  const uuid = await scene.create({ GremlinQuery: onVa });
  await scene.active([uuid]);
  const before = (await scene.node('va'))!.Metadata['TID'];
  await scene.host.network.do(`link set va netns ${inner.name}`);
  await inner.do('addr add 10.9.0.1/24 dev va');
  await inner.do('link set va up');
  await eventually(async () => {
    const { TID } = (await scene.node('va'))?.Metadata ?? {};
    assert.ok(TID !== undefined && TID !== before);
  }, 15_000);
  await scene.active([uuid]);
  await scene.ping(10, '10.9.0.2', inner);
  await eventually(async () => assert.ok((await scene.captures())[0]!.PacketsReceived >= 20), 15_000);
});

test('captures outlive restarts of the analyzer and of the agent', { timeout: 180_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const uuid = await scene.create({ GremlinQuery: onVa });
  const doomed = await scene.create({ GremlinQuery: onVa, BPFFilter: 'icmp' }, { 'X-Resource-TTL': '5s' });
  const doom = Date.now() + 6000;
  await scene.active([uuid, doomed]);
  await scene.ping(10);
  await eventually(async () => assert.ok((await scene.captures())[0]!.PacketsReceived >= 20), 15_000);

  scene.analyzer.kill('SIGKILL');
  await scene.analyzer.exit;
  await scene.ping(10);
  await eventually(() => assert.ok(Date.now() > doom), 10_000);
  await scene.startAnalyzer();
  // It went on meanwhile; and what expired while nobody looked is stopped.
  await scene.active([uuid], 'va', 30_000);
  assert.ok((await scene.captures())[0]!.PacketsReceived >= 40);

  scene.agent.kill('SIGKILL');
  await scene.agent.exit;
  await scene.startAgent();
  await scene.active([uuid], 'va', 30_000);
  await scene.ping(10);
  await eventually(async () => {
    const received = (await scene.captures())[0]!.PacketsReceived;
    assert.ok(received >= 20 && received < 40, `${received} since the restart`);
  }, 15_000);

  scene.analyzer.kill('SIGTERM');
  await scene.analyzer.exit;
  await scene.startAnalyzer();
  await scene.active([uuid], 'va', 30_000);
  await scene.delete(uuid);
  await scene.active([]);
  scene.agent.kill('SIGTERM');
  assert.equal(await scene.agent.exit, 0, scene.agent.log);
});

test('the capture of the configuration is made once', { timeout: 120_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t, {
    SKYDIVE_ANALYZER_STARTUP_CAPTURE_GREMLIN: onVa,
    SKYDIVE_ANALYZER_STARTUP_CAPTURE_BPF: 'icmp',
    SKYDIVE_ANALYZER_STARTUP_CAPTURE_TYPE: 'pcap',
  });
  await scene.start();
  const list = () => scene.json<Record<string, Record<string, unknown>>>(200, '/api/capture');
  const [uuid] = Object.keys(await list());
  await scene.active([uuid!]);
  const { GremlinQuery, BPFFilter, Type, LayerKeyMode } = (await list())[uuid!]!;
  assert.deepEqual([GremlinQuery, BPFFilter, Type, LayerKeyMode], [onVa, 'icmp', 'pcap', 'L2']);
  scene.analyzer.kill('SIGTERM');
  await scene.analyzer.exit;
  await scene.startAnalyzer();
  assert.deepEqual(Object.keys(await list()), [uuid]);
});
