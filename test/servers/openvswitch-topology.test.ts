// SPDX-License-Identifier: Apache-2.0
// A real Open vSwitch: after any change of its configuration the graph shows what ovs-vsctl says.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { parseEndpoint } from '../../src/ovs/endpoint.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { OvsdbProbe } from '../../src/topology/probes/ovsdb/ovsdb-probe.js';
import { TidMapper } from '../../src/topology/tid.js';
import { eventually } from '../netns/eventually.js';
import { generator } from '../netns/random-steps.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { freePort } from './etcd.js';
import { OpenVSwitch, requireOpenVSwitch } from './openvswitch.js';
import { expected, kernelInterfaces, shown } from './openvswitch-graph.js';
import { OvsSteps } from './openvswitch-steps.js';

async function scene(t: TestContext, statistics = false) {
  const near = new ScratchNamespace('ovs');
  t.after(() => near.remove());
  await near.do('link set lo up');
  const ovs = await OpenVSwitch.start(near);
  t.after(() => ovs.stop());
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const tids = new TidMapper(graph, silentLogger);
  tids.start();
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  const netlink = new NetlinkProbe({ graph, logger: silentLogger, metricsUpdateMs: 0 });
  netlink.start();
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
  const options = { graph, hostNodeId: host.ID, logger, statistics, retryMs: 50 };
  const probe = new OvsdbProbe({ ...options, endpoint: { path: ovs.socket } });
  t.after(async () => {
    await probe.stop();
    netlink.stop();
    tids.stop();
    assert.deepEqual(errors, []);
  });
  await netlink.register({ path: near.path }, host.ID).synced;
  probe.start();
  await eventually(() => assert.equal(probe.status().Status, 'running'));

  const uuids = async () => {
    const rows = [await ovs.list('Bridge'), await ovs.list('Port'), await ovs.list('Interface')].flat();
    return new Set(rows.map((row) => (row['_uuid'] as [string, string])[1]));
  };
  let compared = 0;
  /** Resolves when the graph shows what ovs-vsctl says. */
  const settled = (what: string, deadlineMs = 20_000) =>
    eventually(async () => {
      const known = await uuids();
      const wanted = await expected(ovs, kernelInterfaces(graph, known));
      const now = shown(graph, host.ID, known);
      assert.deepEqual(now, wanted, what);
      assert.equal(Object.keys(now.nodes).length, known.size);
      compared = known.size;
    }, deadlineMs);
  const named = (name: string, type?: string) =>
    [...graph.nodes()].filter(
      ({ Metadata }) => Metadata['Name'] === name && (type === undefined || Metadata['Type'] === type),
    );
  return { near, ovs, graph, host, probe, settled, named, compared: () => compared };
}

test('bridges, internal ports, patches and tunnels are joined as the original does it', {
  timeout: 120_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { ovs, graph, settled, named } = await scene(t);
  await ovs.addBridge('br-a');
  await ovs.addBridge('br-b');
  await ovs.vsctl('add-port br-a in0 -- set interface in0 type=internal');
  await ovs.vsctl('add-port br-a patch1 -- set interface patch1 type=patch options:peer=patch2');
  await ovs.vsctl('add-port br-b patch2 -- set interface patch2 type=patch options:peer=patch1');
  for (const type of ['vxlan', 'gre', 'geneve']) {
    await ovs.vsctl(
      `add-port br-a t-${type} -- set interface t-${type} type=${type} options:remote_ip=10.1.1.9`,
    );
  }
  await settled('after the set-up');
  const owners = (name: string, type: string) =>
    graph
      .parents(named(name, type)[0]!.ID, undefined, { kind: 'term', key: 'RelationType', value: 'ownership' })
      .map(({ Metadata }) => Metadata['Name']);
  for (const [name, type, owner] of [
    ['patch1', 'patch', 'br-a'],
    ['t-gre', 'gre', 'br-a'],
    ['t-vxlan', 'vxlan', 'br-a'],
    ['t-geneve', 'geneve', 'br-a'],
    ['in0', 'internal', 'h'],
    ['br-a', 'internal', 'h'],
  ] as const) {
    assert.deepEqual(owners(name, type), [owner], name);
    assert.equal(named(name).filter(({ Metadata }) => !String(Metadata['Type']).startsWith('ovs')).length, 1);
    assert.equal(typeof named(name, type)[0]!.Metadata['TID'], 'string', name);
  }
  assert.equal(named('in0', 'internal')[0]!.Metadata['MAC'] !== undefined, true);
});

test('what ovs-vsctl does at random shows in the graph, also after restarts of both servers', {
  timeout: 600_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  t.diagnostic(`SEED=${seed}`);
  const random = generator(seed);
  const { near, ovs, settled, compared } = await scene(t);
  const steps = new OvsSteps(random, near, ovs);
  for (let round = 0; round < 12; round++) {
    const done: string[] = [];
    for (let step = 0; step < 10; step++) done.push(await steps.next());
    await settled(`seed ${seed}, round ${round}: ${done.join('; ')}`);
    if (round === 4) {
      await ovs.kill('ovsdb-server');
      await ovs.startDatabase();
    } else if (round === 8) {
      await ovs.kill('ovs-vswitchd');
      await ovs.startSwitch();
    }
  }
  t.diagnostic(`${steps.worked} of ${steps.count} steps did something, ${compared()} rows in the end`);
  assert.ok(steps.worked > steps.count / 2);
});

test('what goes while the database is away is gone after the next connection', {
  timeout: 120_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { ovs, settled, named, probe } = await scene(t);
  await ovs.addBridge('br-a');
  await ovs.vsctl('add-port br-a patch1 -- set interface patch1 type=patch options:peer=patch2');
  await settled('before');
  await probe.stop();
  await ovs.vsctl('del-port patch1');
  await ovs.addBridge('br-b');
  assert.equal(named('patch1').length, 2);
  probe.start();
  await settled('after');
  assert.equal(named('patch1').length, 0);
});

test('an internal port that moves to another namespace stays one node, below that namespace', {
  timeout: 120_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { near, ovs, graph, host, settled, named } = await scene(t);
  const far = new ScratchNamespace('ovs');
  t.after(() => far.remove());
  await ovs.addBridge('br-a');
  await ovs.vsctl('add-port br-a in0 -- set interface in0 type=internal');
  await settled('before');
  const netns = graph.addNode({ Metadata: { Type: 'netns', Name: far.name, Path: far.path } });
  graph.addOwnership(host.ID, netns.ID);
  const netlink = new NetlinkProbe({ graph, logger: silentLogger, metricsUpdateMs: 0 });
  t.after(() => netlink.stop());
  netlink.start();
  await netlink.register({ path: far.path }, netns.ID).synced;
  await near.do(`link set in0 netns ${far.name}`);
  await eventually(() => {
    const nodes = named('in0').filter(({ Metadata }) => Metadata['Type'] !== 'ovsport');
    assert.equal(nodes.length, 1);
    assert.deepEqual(
      graph
        .parents(nodes[0]!.ID, undefined, { kind: 'term', key: 'RelationType', value: 'ownership' })
        .map(({ ID }) => ID),
      [netns.ID],
    );
    assert.equal(nodes[0]!.Metadata['Type'], 'internal');
  }, 20_000);
});

test('statistics of Open vSwitch show where they are wanted', { timeout: 120_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { near, ovs, named } = await scene(t, true);
  await ovs.vsctl('set', 'open_vswitch', '.', 'other_config:stats-update-interval=5000');
  await ovs.addBridge('br-a');
  await near.do('link set br-a up');
  await eventually(() => {
    const { Ovs } = named('br-a', 'internal')[0]?.Metadata ?? {};
    const { Metric } = (Ovs ?? {}) as { Metric?: Record<string, number> };
    assert.ok((Metric?.['RxPackets'] ?? 0) + (Metric?.['TxPackets'] ?? 0) > 0);
  }, 30_000);
});

test('a database that listens on TCP is followed as well', { timeout: 60_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const folder = mkdtempSync(join(tmpdir(), 'skydive-ovs-'));
  const file = join(folder, 'conf.db');
  execFileSync('ovsdb-tool', ['create', file, '/usr/share/openvswitch/vswitch.ovsschema']);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = spawn('ovsdb-server', [
    file,
    `--remote=ptcp:${port}:127.0.0.1`,
    '--unixctl',
    join(folder, 'ctl'),
  ]);
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  const options = { graph, hostNodeId: host.ID, logger: silentLogger, statistics: false, retryMs: 50 };
  const probe = new OvsdbProbe({ ...options, endpoint: parseEndpoint(address) });
  t.after(async () => {
    await probe.stop();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  probe.start();
  await eventually(() => assert.equal(probe.status().Status, 'running'), 20_000);
  execFileSync('ovs-vsctl', [`--db=tcp:${address}`, '--no-wait', '--', 'init', '--', 'add-br', 'far']);
  await eventually(() => {
    const names = graph.children(host.ID).map(({ Metadata }) => Metadata['Name']);
    assert.deepEqual(names, ['far']);
  });
});
