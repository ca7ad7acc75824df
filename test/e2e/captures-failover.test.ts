// SPDX-License-Identifier: Apache-2.0
// Two analyzers on one key-value store: the elected one drives captures, and when it dies the other one does.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import { FlowProbes } from '../../src/flow/probes/flow-probes.js';
import type { FlowProbe } from '../../src/flow/probes/probe.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { OnDemandServer } from '../../src/services/ondemand/server.js';
import { KeySpace } from '../../src/store/kv/embedded/space.js';
import { KvServer } from '../../src/store/kv/server/server.js';
import { Forwarder } from '../../src/sync/forwarder.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import { shareWire } from '../../src/wire/shared.js';
import { eventually } from '../netns/eventually.js';
import { freePort } from '../servers/etcd.js';
import { bundle } from './cli-fixture.js';
import { ask, scratch, startAnalyzer } from './trust-fixture.js';

/** The key of a dead master lives for 30 s. */
const takeOverMs = 60_000;

async function startKv(t: TestContext): Promise<string> {
  const space = await KeySpace.open({ folder: scratch(t), logger: silentLogger });
  const listen = { host: '127.0.0.1', port: 0 };
  const server = new KvServer({ space, listen, name: 'kv', logger: silentLogger, mayWrite: () => true });
  const { port } = await server.start();
  t.after(async () => {
    await server.stop();
    await space.close();
  });
  return `http://127.0.0.1:${port}`;
}

/** An agent with `eth0`, whose captures capture nothing; what it was asked is kept. */
function startAgent(t: TestContext, ports: readonly number[]) {
  const graph = new Graph({ host: 'h1', origin: 'agent.h1' });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h1' } });
  const eth0 = graph.addNode({ Metadata: { Type: 'device', Name: 'eth0', TID: 't1' } });
  graph.addOwnership(host.ID, eth0.ID);
  const shared = shareWire({ log: silentLogger });
  const pool = new ClientPool({
    urls: ports.map((port) => `ws://127.0.0.1:${port}/ws/agent/topology`),
    host: 'h1',
    serviceType: 'agent',
    protocol: 'protobuf',
    headers: { 'X-Persistence-Policy': 'DeleteOnDisconnect' },
    shared,
  });
  const forwarder = new Forwarder({ graph, pool });
  const still: FlowProbe = {
    countsPackets: false,
    query: () => undefined,
    stats: () => ({
      packetsReceived: 0,
      packetsDropped: 0,
      packetsIfDropped: 0,
      flowCount: 0,
      flowDropped: 0,
      kernelFlowDropped: 0,
    }),
    stop() {},
  };
  const probes = new FlowProbes({
    graph,
    config: { getInt: () => 3600 } as never,
    logger: silentLogger,
    types: [{ type: 'afpacket', load: async () => async () => still }],
  });
  const asked: string[] = [];
  const server = new OnDemandServer({
    kind: 'Capture',
    pool,
    runner: {
      start(nodeId, resource) {
        asked.push(`start ${resource.UUID}`);
        return probes.startCapture(nodeId, decodeCapture(resource));
      },
      stop(nodeId, id) {
        asked.push(`stop ${id}`);
        return probes.stopCapture(nodeId, id);
      },
    },
    complaints: shared.complaints,
    logger: silentLogger,
  });
  forwarder.start();
  server.start();
  pool.start();
  t.after(async () => {
    forwarder.stop();
    pool.stop();
    await server.stop();
    await probes.stop();
  });
  const running = () => {
    const list = graph.getNode(eth0.ID)!.Metadata['Captures'] ?? [];
    return (list as readonly { ID: string }[]).map(({ ID }) => ID);
  };
  return { asked, running };
}

test('the elected analyzer drives captures, and when it dies the other one goes on', {
  timeout: 180_000,
}, async (t) => {
  const kv = await startKv(t);
  const [first, second] = [await freePort(), await freePort()];
  const analyzers = [first, second].map((port) => `127.0.0.1:${port}`);
  const one = spawn(process.execPath, [bundle, 'analyzer'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      SKYDIVE_HOST_ID: 'an1',
      SKYDIVE_ANALYZER_LISTEN: analyzers[0],
      SKYDIVE_ANALYZERS: analyzers.join(' '),
      SKYDIVE_ETCD_EMBEDDED: 'false',
      SKYDIVE_ETCD_SERVERS: kv,
      SKYDIVE_STORAGE_LEVEL_PATH: join(scratch(t), 'history'),
    },
  });
  let log = '';
  for (const stream of [one.stdout, one.stderr]) stream.on('data', (data) => (log += data));
  t.after(() => one.kill('SIGKILL'));
  const status = async (port: number) => {
    const { status: code, body } = await ask({ port, method: 'GET', path: '/api/status' });
    assert.equal(code, 200, log);
    return JSON.parse(body) as { Captures: { IsMaster: boolean }; Agents: object };
  };
  await eventually(async () => assert.equal((await status(first)).Captures.IsMaster, true), 30_000);
  await startAnalyzer(t, {
    host_id: 'an2',
    'analyzer.listen': analyzers[1]!,
    analyzers,
    'etcd.embedded': false,
    'etcd.servers': [kv],
  });
  const { asked, running } = startAgent(t, [first, second]);
  for (const port of [first, second]) {
    await eventually(async () => assert.deepEqual(Object.keys((await status(port)).Agents), ['h1']), 15_000);
  }
  assert.equal((await status(second)).Captures.IsMaster, false);
  const create = async (filter: string) => {
    const body = JSON.stringify({ GremlinQuery: "G.V().Has('Name', 'eth0')", BPFFilter: filter });
    const made = await ask({ port: second, method: 'POST', path: '/api/capture', body });
    assert.equal(made.status, 201, made.body);
    return (JSON.parse(made.body) as { UUID: string }).UUID;
  };
  const remove = async (uuid: string) => {
    const { status: code } = await ask({ port: second, method: 'DELETE', path: `/api/capture/${uuid}` });
    assert.equal(code, 200);
  };
  const kept = await create('tcp');
  const doomed = await create('udp');
  await eventually(() => assert.deepEqual(running().sort(), [kept, doomed].sort()), 15_000);

  one.kill('SIGKILL');
  await remove(doomed);
  const late = await create('arp');
  await eventually(() => assert.deepEqual(running().sort(), [kept, late].sort()), takeOverMs);
  assert.equal((await status(second)).Captures.IsMaster, true);
  await remove(kept);
  await eventually(() => assert.deepEqual(running(), [late]), 15_000);
  assert.deepEqual(
    asked.sort(),
    [`start ${doomed}`, `start ${kept}`, `start ${late}`, `stop ${doomed}`, `stop ${kept}`].sort(),
  );
});
