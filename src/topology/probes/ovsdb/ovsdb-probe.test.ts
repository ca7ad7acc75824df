// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../../graph/graph.js';
import { silentLogger } from '../../../log/logger.js';
import { FakeServer } from '../../../ovs/fake-server.js';
import { mapOf, setOf } from '../../../ovs/value.js';
import { OvsdbProbe } from './ovsdb-probe.js';

/** A database with one bridge, which nobody serves yet. */
async function scene(t: TestContext) {
  const row = { name: 'br0', ports: setOf([]), external_ids: mapOf({}) };
  const server = await FakeServer.start(({ id, method, params }) => {
    if (method === 'get_schema') {
      const columns = Object.fromEntries(Object.keys(row).map((column) => [column, {}]));
      return { id, result: { tables: { Bridge: { columns } } }, error: null };
    }
    if (method === 'monitor') return { id, result: { Bridge: { u1: { new: row } } }, error: null };
    return { id, result: params.slice(1).map(() => ({ rows: [] })), error: null };
  });
  await server.stopListening();
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  const told: string[] = [];
  const logger = { ...silentLogger, info: (message: string) => told.push(message) };
  const options = { graph, hostNodeId: host.ID, logger, statistics: false, retryMs: 5 };
  const probe = new OvsdbProbe({ ...options, endpoint: server.endpoint });
  t.after(async () => {
    await probe.stop();
    await server.stop();
  });
  return {
    server,
    graph,
    told,
    probe,
    names: () => [...graph.nodes()].map(({ Metadata }) => Metadata['Name']),
  };
}

async function until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it does not come');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('Open vSwitch is followed once there is one, and again after it was away', async (t) => {
  const { server, probe, told, names } = await scene(t);
  probe.start();
  probe.start();
  assert.equal(probe.status().Status, 'starting');
  assert.match(probe.status().Reason!, /no Open vSwitch at unix:.*ovs\.ovsdb.*no such socket/);
  assert.equal(probe.database, undefined);
  assert.equal(told.length, 1);
  await server.listen();
  await until(() => probe.status().Status === 'running');
  assert.deepEqual(names(), ['h', 'br0']);
  assert.notEqual(probe.database, undefined);
  await server.stopListening();
  await until(() => probe.status().Status === 'starting');
  assert.deepEqual(names(), ['h', 'br0']);
  await server.listen();
  await until(() => probe.status().Status === 'running');
});

test('a probe that is stopped looks no more, and can be started again', async (t) => {
  const { server, probe, names } = await scene(t);
  probe.start();
  await probe.stop();
  await server.listen();
  assert.deepEqual(names(), ['h']);
  probe.start();
  await until(() => probe.status().Status === 'running');
  await probe.stop();
  assert.equal(probe.status().Status, 'starting');
  assert.equal(server.connections, 0);
});
