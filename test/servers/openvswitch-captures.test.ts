// SPDX-License-Identifier: Apache-2.0
// Captures in a real Open vSwitch: what it samples, reports and mirrors becomes flows, and nothing of it stays.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CapturedHost } from '../e2e/captured-host.js';
import type { Flow } from '../golden/flows.js';
import { eventually } from '../netns/eventually.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { OpenVSwitch, requireOpenVSwitch } from './openvswitch.js';

const run = promisify(execFile);
const iperfPort = '24301';
const waitMs = 30_000;

/** ID and metadata of a node. */
interface ShownNode {
  readonly ID: string;
  readonly Captures?: readonly Readonly<Record<string, unknown>>[];
  readonly SFlow?: { readonly Metric: Readonly<Record<string, number>> };
  readonly [key: string]: unknown;
}

/** A host with a bridge `br0`; two others, `left` (10.6.0.1) and `right` (10.6.0.2), on its ports `pl` and `pr`. */
async function scene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-ovs-'));
  const captured = await CapturedHost.up(t, { SKYDIVE_OVS_OVSDB: `unix://${join(folder, 'db.sock')}` });
  const near = captured.host.network;
  const ovs = await OpenVSwitch.start(near, folder);
  const [left, right] = [new ScratchNamespace('ovs'), new ScratchNamespace('ovs')];
  t.after(async () => {
    left.remove();
    right.remove();
    await ovs.stop();
  });
  await ovs.addBridge('br0');
  for (const [space, port, host] of [
    [left, 'pl', 1],
    [right, 'pr', 2],
  ] as const) {
    await ovs.plug('br0', port, space, `10.6.0.${host}/24`);
  }
  await captured.start();

  const nodes = async (query: string): Promise<ShownNode[]> =>
    (await captured.query<{ ID: string; Metadata: object }[]>(query)).map(({ ID, Metadata }) => ({
      ...Metadata,
      ID,
    }));
  const one = async (query: string): Promise<ShownNode> => {
    const found = await nodes(query);
    assert.equal(found.length, 1, query);
    return found[0]!;
  };
  const bridgeQuery = "G.V().Has('Name', 'br0', 'Type', 'ovsbridge')";
  const portQuery = "G.V().Has('Name', 'pl', 'Type', 'ovsport')";
  await eventually(async () => {
    for (const query of [bridgeQuery, portQuery]) {
      assert.equal((await nodes(query)).length, 1, captured.agent.log);
    }
  }, waitMs);
  /** Resolves when the one node that the query finds shows the capture as active. */
  const active = (query: string, uuid: string) =>
    eventually(async () => {
      const { Captures: shown = [] } = await one(query);
      assert.deepEqual(
        shown.map(({ ID, State }) => `${ID} ${State}`),
        [`${uuid} active`],
        `${captured.agent.log}${captured.analyzer.log}`,
      );
    }, waitMs);
  const ping = (count: number) =>
    run('ip', ['netns', 'exec', left.name, 'ping', '-q', '-c', String(count), '-i', '0.02', '10.6.0.2']);
  /** What captures have made in Open vSwitch, and what they could have changed. */
  const configuration = async () => {
    const bridges = await ovs.list('Bridge');
    const names = async (table: string) => (await ovs.list(table)).map((row) => String(row['name'])).sort();
    return {
      bridges: bridges.map(({ name, ports, mirrors, sflow, netflow }) => ({
        name,
        ports,
        mirrors,
        sflow,
        netflow,
      })),
      ports: await names('Port'),
      interfaces: await names('Interface'),
      mirrors: await names('Mirror'),
      sflow: (await ovs.list('sFlow')).length,
      netflow: (await ovs.list('NetFlow')).length,
    };
  };
  return { captured, ovs, left, right, nodes, one, active, ping, configuration, bridgeQuery, portQuery };
}

/** By what is in the flow and what was counted; sorted. */
function summary(flows: readonly Flow[]): string[] {
  return flows
    .filter(({ LayersPath }) => LayersPath !== 'Ethernet/ARP')
    .map(({ LayersPath, Network: n, Transport: t, ICMP: i, Metric: m }) =>
      [
        LayersPath,
        `${n?.A}>${n?.B} ${t?.A}>${t?.B} ${i?.ID}`,
        `AB ${m.ABPackets}/${m.ABBytes} BA ${m.BAPackets}/${m.BABytes}`,
      ].join(' '),
    )
    .sort();
}

test('a bridge sends us sFlow: its packets are flows, its counters metadata', {
  timeout: 180_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, ovs, one, active, ping, configuration, bridgeQuery } = await scene(t);
  const before = await configuration();
  const uuid = await captured.create({
    GremlinQuery: bridgeQuery,
    Type: 'ovssflow',
    SamplingRate: 1,
    PollingInterval: 1,
    HeaderSize: 128,
  });
  await active(bridgeQuery, uuid);
  const [row] = await ovs.list('sFlow');
  const bridge = await one(bridgeQuery);
  assert.deepEqual([row!['agent'], row!['header'], row!['sampling'], row!['polling']], ['lo', 128, 1, 1]);
  assert.match(String(row!['targets']), /^127\.0\.0\.1:63(4[5-9]|5[0-5])$/);
  assert.deepEqual(row!['external_ids'], [
    'map',
    [['skydive-probe-id', String(bridge['UUID']).replaceAll('-', '_')]],
  ]);
  await ping(10);
  await eventually(async () => {
    const flows = await captured.query<Flow[]>("G.Flows().Has('Application', 'ICMPv4')");
    assert.deepEqual(
      flows.map(({ LayersPath, Network, Metric }) => [
        LayersPath,
        Network?.A,
        Network?.B,
        Metric.ABPackets,
        Metric.BAPackets,
      ]),
      [['Ethernet/IPv4/ICMPv4', '10.6.0.1', '10.6.0.2', 10, 10]],
    );
    assert.equal((flows[0] as Flow & { NodeTID: string }).NodeTID, bridge['TID']);
  }, waitMs);
  await eventually(async () => {
    const { SFlow } = await one(bridgeQuery);
    assert.ok((SFlow?.Metric['IfInUcastPkts'] ?? 0) > 0, JSON.stringify(SFlow));
  }, waitMs);
  await captured.delete(uuid);
  await eventually(async () => {
    assert.deepEqual(await configuration(), before);
    const { SFlow, Captures } = await one(bridgeQuery);
    assert.deepEqual([SFlow, Captures], [undefined, undefined]);
  }, waitMs);
});

test('a bridge reports its flows by NetFlow', { timeout: 180_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, ovs, active, ping, configuration, bridgeQuery } = await scene(t);
  const before = await configuration();
  const uuid = await captured.create({ GremlinQuery: bridgeQuery, Type: 'ovsnetflow' });
  await active(bridgeQuery, uuid);
  const [row] = await ovs.list('NetFlow');
  assert.deepEqual([row!['engine_id'], row!['engine_type'], row!['add_id_to_interface']], [1, 10, true]);
  await ping(8);
  // Open vSwitch reports what has been silent for some ten seconds.
  await eventually(async () => {
    const flows = await captured.query<Flow[]>("G.Flows().Has('Application', 'ICMPv4')");
    const seen = flows.map(({ Network, Metric }) => [
      Network?.A,
      Network?.B,
      Metric.ABPackets,
      Metric.BAPackets,
    ]);
    // Halves of 8, as the original counts them.
    assert.deepEqual(seen.sort(), [
      ['10.6.0.1', '10.6.0.2', 4, 4],
      ['10.6.0.2', '10.6.0.1', 4, 4],
    ]);
  }, 60_000);
  await captured.delete(uuid);
  await eventually(async () => assert.deepEqual(await configuration(), before), waitMs);
});

test('a port is mirrored: its flows are those of the port itself', { timeout: 240_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, left, right, nodes, one, active, ping, configuration, portQuery } = await scene(t);
  const before = await configuration();
  const uuid = await captured.create({ GremlinQuery: portQuery, Type: 'ovsmirror', BPFFilter: 'ip' });
  await active(portQuery, uuid);
  const port = await one(portQuery);
  const name = `mir${String(port['UUID']).slice(0, 5)}`;
  const interfaceQuery = `G.V().Has('Name', '${name}', 'Type', 'internal')`;
  await active(interfaceQuery, uuid);
  const mirror = await one(interfaceQuery);
  assert.equal(mirror.Captures?.[0]?.['MirrorOf'], port.ID);
  assert.ok((mirror['LinkFlags'] as string[]).includes('UP'));
  const mirrored = `G.V().Has('Name', '${name}', 'Type', 'ovsport').OutE('RelationType', 'mirroring').OutV()`;
  assert.deepEqual(
    (await nodes(mirrored)).map(({ ID }) => ID),
    [port.ID],
  );

  const vethQuery = "G.V().Has('Name', 'pl', 'Type', 'veth')";
  const beside = await captured.create({ GremlinQuery: vethQuery, BPFFilter: 'ip' });
  await active(vethQuery, beside);
  await ping(10);
  const server = spawn('ip', [
    'netns',
    'exec',
    right.name,
    'iperf3',
    '-s',
    '-1',
    '-p',
    iperfPort,
    '--forceflush',
  ]);
  const ended = once(server, 'exit');
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (text) => {
      if (String(text).includes('listening')) resolve();
    });
  });
  // A datapath in user space drops what comes in bursts before it looks at it: few packets are on their way at once.
  const client = ['iperf3', '-c', '10.6.0.2', '-p', iperfPort, '-n', '500K', '-w', '8K'];
  await run('ip', ['netns', 'exec', left.name, ...client]);
  await ended;
  const veth = await one(vethQuery);
  await eventually(async () => {
    const of = (tid: unknown) => captured.query<Flow[]>(`G.Flows().Has('NodeTID', '${String(tid)}')`);
    const [direct, copied] = [summary(await of(veth['TID'])), summary(await of(mirror['TID']))];
    assert.ok(
      direct.some((flow) => flow.includes('/TCP')) && direct.some((flow) => flow.includes('/ICMPv4')),
    );
    assert.deepEqual(copied, direct);
  }, waitMs);
  await eventually(async () => {
    const { Captures } = await one(interfaceQuery);
    assert.ok(Number(Captures?.[0]?.['PacketsReceived']) > 100, JSON.stringify(Captures));
  }, waitMs);
  await captured.delete(uuid);
  await captured.delete(beside);
  await eventually(async () => {
    assert.deepEqual(await configuration(), before);
    assert.deepEqual(await nodes(interfaceQuery), []);
    assert.equal((await one(portQuery)).Captures, undefined);
  }, waitMs);
});

test('what a killed agent leaves in Open vSwitch is gone once it runs again', {
  timeout: 240_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, active, configuration, bridgeQuery, portQuery } = await scene(t);
  const before = await configuration();
  const bodies = [
    { GremlinQuery: bridgeQuery, Type: 'ovssflow', SamplingRate: 1 },
    { GremlinQuery: portQuery, Type: 'ovsmirror' },
  ];
  const [sampled, mirrored] = [await captured.create(bodies[0]!), await captured.create(bodies[1]!)];
  await active(bridgeQuery, sampled);
  await active(portQuery, mirrored);
  const during = await configuration();
  assert.deepEqual(
    [during.sflow, during.mirrors.length, during.ports.length],
    [1, 1, before.ports.length + 1],
  );

  captured.agent.kill('SIGKILL');
  await captured.agent.exit;
  assert.deepEqual((await configuration()).mirrors, during.mirrors);
  await captured.startAgent();
  await active(bridgeQuery, sampled);
  await active(portQuery, mirrored);
  const again = await configuration();
  assert.deepEqual([again.sflow, again.mirrors, again.ports], [1, during.mirrors, during.ports]);

  captured.agent.kill('SIGKILL');
  await captured.agent.exit;
  await captured.delete(sampled);
  await captured.delete(mirrored);
  await captured.startAgent();
  await eventually(async () => assert.deepEqual(await configuration(), before), waitMs);
});

test('captures go on over restarts of the database and of the switch', {
  timeout: 240_000,
}, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, ovs, one, active, ping, configuration, bridgeQuery, portQuery } = await scene(t);
  const sampled = await captured.create({ GremlinQuery: bridgeQuery, Type: 'ovssflow', SamplingRate: 1 });
  const mirrored = await captured.create({ GremlinQuery: portQuery, Type: 'ovsmirror', BPFFilter: 'icmp' });
  const interfaceQuery = "G.V().HasKey('ExtID.skydive-probe-id').Has('Type', 'internal')";
  await active(bridgeQuery, sampled);
  await active(interfaceQuery, mirrored);
  const during = await configuration();
  const status = async () => {
    const { text } = await captured.requester.ask('http://127.0.0.1:8081/api/status');
    return (JSON.parse(text) as { TopologyProbes: { ovsdb: { Status: string } } }).TopologyProbes.ovsdb
      .Status;
  };
  const goesOn = async () => {
    await active(bridgeQuery, sampled);
    await active(interfaceQuery, mirrored);
    assert.deepEqual(await configuration(), during);
    const tids = [await one(bridgeQuery), await one(interfaceQuery)].map((node) => node['TID']);
    await ping(5);
    await eventually(async () => {
      for (const tid of tids) {
        const flows = await captured.query<Flow[]>(
          `G.Flows().Has('NodeTID', '${String(tid)}', 'Application', 'ICMPv4')`,
        );
        assert.ok(
          flows.some(({ Metric }) => Metric.ABPackets === 5 && Metric.BAPackets === 5),
          JSON.stringify(flows),
        );
      }
    }, waitMs);
  };
  await goesOn();
  await ovs.kill('ovsdb-server');
  await eventually(async () => assert.equal(await status(), 'starting'), waitMs);
  await ovs.startDatabase();
  await eventually(async () => assert.equal(await status(), 'running'), waitMs);
  await goesOn();
  const { ID: before, Name } = await one(interfaceQuery);
  await ovs.kill('ovs-vswitchd');
  // It outlives the switch, unless somebody takes it away.
  await captured.host.network.do(`link del ${String(Name)}`);
  await ovs.startSwitch();
  await eventually(async () => assert.notEqual((await one(interfaceQuery)).ID, before), waitMs);
  await goesOn();
});

test('with a target Open vSwitch sends there, not to us', { timeout: 180_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, ovs, active, configuration, bridgeQuery } = await scene(t);
  const before = await configuration();
  const body = { GremlinQuery: bridgeQuery, SamplingRate: 1, PollingInterval: 10, Target: 'localhost:24302' };
  const sampled = await captured.create({ ...body, Type: 'ovssflow' });
  await active(bridgeQuery, sampled);
  assert.equal((await ovs.list('sFlow'))[0]!['targets'], '127.0.0.1:24302');
  await captured.delete(sampled);
  await eventually(async () => assert.deepEqual(await configuration(), before), waitMs);
});

test('an agent that is stopped clears what its captures have set up', { timeout: 180_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, active, configuration, bridgeQuery, portQuery } = await scene(t);
  const before = await configuration();
  const sampled = await captured.create({ GremlinQuery: bridgeQuery, Type: 'ovssflow' });
  const mirrored = await captured.create({ GremlinQuery: portQuery });
  await active(bridgeQuery, sampled);
  await active(portQuery, mirrored);
  captured.agent.kill('SIGTERM');
  await captured.agent.exit;
  assert.deepEqual(await configuration(), before);
});

test('a bridge that sends sFlow to somebody else keeps doing so', { timeout: 180_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const { captured, ovs, configuration, bridgeQuery } = await scene(t);
  const create = '--id=@s create sflow agent=lo target="10.9.9.9:6343" header=128 sampling=64 polling=10';
  await ovs.vsctl(...create.split(' '), '--', 'set', 'bridge', 'br0', 'sflow=@s');
  const before = await configuration();
  await captured.create({ GremlinQuery: bridgeQuery, Type: 'ovssflow', SamplingRate: 1 });
  await eventually(() => assert.match(captured.agent.log, /sends sFlow to somebody else already/), waitMs);
  assert.deepEqual(await configuration(), before);
});
