// SPDX-License-Identifier: Apache-2.0
// The database of Open vSwitch → graph. Needs ovsdb-server (tools/setup/openvswitch); no switch runs.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { OvsdbConnection } from '../../src/ovs/connection.js';
import type { Endpoint } from '../../src/ovs/endpoint.js';
import type { Operation } from '../../src/ovs/operation.js';
import { mapOf } from '../../src/ovs/value.js';
import { OvsdbProbe } from '../../src/topology/probes/ovsdb/ovsdb-probe.js';
import { TidMapper } from '../../src/topology/tid.js';
import { pause } from './asker.js';
import type { Row } from './row.js';

const schema = '/usr/share/openvswitch/vswitch.ovsschema';
const bridges = 10;
const portsOfBridge = 500;
const changes = 20_000;

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** As in a cloud: each port with the ids of what is plugged into it. */
async function fill(connection: OvsdbConnection): Promise<void> {
  await connection.transact('Open_vSwitch', [{ op: 'insert', table: 'Open_vSwitch', row: {} }]);
  for (let bridge = 0; bridge < bridges; bridge++) {
    const operations: Operation[] = [];
    const ports: unknown[] = [];
    for (let port = 0; port < portsOfBridge; port++) {
      const name = `p${bridge}x${port}`;
      const external_ids = mapOf({
        'iface-id': `iface-${name}`,
        'attached-mac': '02:00:00:00:00:01',
        'vm-uuid': `vm-${name}`,
        'iface-status': 'active',
      });
      const row = { name, type: 'internal', external_ids, status: mapOf({ driver_name: 'openvswitch' }) };
      operations.push({ op: 'insert', table: 'Interface', 'uuid-name': `i${port}`, row });
      operations.push({
        op: 'insert',
        table: 'Port',
        'uuid-name': `p${port}`,
        row: { name, interfaces: ['named-uuid', `i${port}`], tag: 1 + (port % 4000) },
      });
      ports.push(['named-uuid', `p${port}`]);
    }
    operations.push({
      op: 'insert',
      table: 'Bridge',
      'uuid-name': 'bridge',
      row: { name: `br${bridge}`, ports: ['set', ports] },
    });
    operations.push({
      op: 'mutate',
      table: 'Open_vSwitch',
      where: [],
      mutations: [['bridges', 'insert', ['named-uuid', 'bridge']]],
    });
    await connection.transact('Open_vSwitch', operations);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(1);
}

async function connected(endpoint: Endpoint): Promise<OvsdbConnection> {
  for (;;) {
    try {
      return await OvsdbConnection.open(endpoint);
    } catch {
      await pause(20);
    }
  }
}

function graphOf() {
  const graph = new Graph({ host: 'bench', origin: 'agent.bench' });
  const tids = new TidMapper(graph, silentLogger);
  tids.start();
  const host = graph.addNode({ Metadata: { Name: 'bench', Type: 'host' } });
  return { graph, hostNodeId: host.ID, logger: silentLogger, statistics: false };
}

async function attempts(): Promise<Row> {
  const probe = new OvsdbProbe({ ...graphOf(), endpoint: { path: '/nonexistent/db.sock' }, retryMs: 1 });
  probe.start();
  await pause(500);
  const before = process.cpuUsage();
  const since = performance.now();
  await pause(4000);
  const count = (performance.now() - since) / 1.2;
  const cpuMs = cpuMsSince(before);
  await probe.stop();
  return {
    measure: 'without Open vSwitch: one look for it, made every 4 s',
    value: `≤ ${((cpuMs * 1000) / count).toFixed(0)} µs`,
    goal: '≤ 100 µs',
    cpu: `${((100 * cpuMs) / count / 4000).toFixed(3)} % of a core`,
  };
}

async function follow(endpoint: Endpoint, connection: OvsdbConnection): Promise<Row[]> {
  const options = graphOf();
  const probe = new OvsdbProbe({ ...options, endpoint });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await pause(200);
  delay.enable();
  const before = process.cpuUsage();
  const since = performance.now();
  probe.start();
  await until(() => probe.status().Status === 'running');
  const tookMs = performance.now() - since;
  const cpuMs = cpuMsSince(before);
  delay.disable();
  const rows: Row[] = [
    {
      measure: `${bridges * portsOfBridge} ports on ${bridges} bridges: connecting → whole in the graph`,
      value: `${tookMs.toFixed(0)} ms, ${options.graph.nodeCount} nodes, ${options.graph.edgeCount} edges`,
      goal: '≤ 2 s',
      cpu: `${cpuMs.toFixed(0)} ms`,
    },
    {
      measure: 'delay of the event loop meanwhile, p99 (max)',
      value: `${(delay.percentile(99) / 1e6).toFixed(1)} ms (${(delay.max / 1e6).toFixed(1)} ms)`,
      goal: '≤ 20 ms (50 ms)',
    },
  ];
  let updates = 0;
  const off = options.graph.on(() => {
    updates += 1;
  });
  const changing = process.cpuUsage();
  const from = performance.now();
  for (let done = 0; done < changes; done += 100) {
    await connection.transact(
      'Open_vSwitch',
      Array.from({ length: 100 }, (_, at) => ({
        op: 'update' as const,
        table: 'Port',
        where: [['name', '==', `p${at % bridges}x${(done + at) % portsOfBridge}`] as const],
        row: { tag: 1 + ((done + at * 7) % 4000) },
      })),
    );
  }
  await until(() => updates >= changes * 0.9);
  const seconds = (performance.now() - from) / 1000;
  off();
  rows.push({
    measure: `${changes} changes of ports, 100 a transaction, sent by the same process → graph`,
    value: `${Math.round(changes / seconds)}/s`,
    cpu: `${((cpuMsSince(changing) * 1000) / changes).toFixed(0)} µs a change, with sending it`,
  });
  await probe.stop();
  return rows;
}

export async function run(): Promise<Row[]> {
  const first = await attempts();
  if (!existsSync(schema)) return [first, { measure: 'ovsdb-server is not there', value: 'left out' }];
  const folder = mkdtempSync(join(tmpdir(), 'skydive-bench-'));
  const [file, path] = [join(folder, 'conf.db'), join(folder, 'db.sock')];
  execFileSync('ovsdb-tool', ['create', file, schema]);
  const server = spawn('ovsdb-server', [file, `--remote=punix:${path}`, '--unixctl', join(folder, 'ctl')]);
  try {
    const connection = await connected({ path });
    await fill(connection);
    const rows = await follow({ path }, connection);
    connection.close();
    return [first, ...rows];
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
