// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../log/logger.js';
import { OvsClient } from './client.js';
import { FakeServer } from './fake-server.js';
import type { RowChange } from './replica.js';

type Tables = Record<string, Record<string, { name: string }>>;

async function scene(t: TestContext) {
  const tables: Tables = { A: { a1: { name: 'one' }, a2: { name: 'two' } } };
  const monitored: unknown[] = [];
  const server = await FakeServer.start(({ id, method, params }) => {
    if (method === 'get_schema') {
      const result = { tables: { A: { columns: { name: {}, other: {} } } } };
      return { id, result, error: null };
    }
    if (method === 'monitor') {
      monitored.push(params[2]);
      const result = Object.fromEntries(
        Object.entries(tables).map(([table, rows]) => [
          table,
          Object.fromEntries(Object.entries(rows).map(([uuid, row]) => [uuid, { new: row }])),
        ]),
      );
      return { id, result, error: null };
    }
    return { id, result: [{ count: 1 }], error: null };
  });
  const changes: string[] = [];
  const told: string[] = [];
  const logger = {
    ...silentLogger,
    info: (message: string) => told.push(message),
    warn: (message: string) => told.push(message),
  };
  const client = new OvsClient({
    endpoint: server.endpoint,
    database: 'db',
    columns: { A: ['name', 'missing'], B: ['name'] },
    onChange: ({ uuid, row, previous }: RowChange) =>
      changes.push(`${uuid} ${previous?.['name'] ?? '-'} ${row?.['name'] ?? '-'}`),
    logger,
    retryMs: 20,
  });
  t.after(async () => {
    await client.stop();
    await server.stop();
  });
  return { tables, monitored, server, changes, told, client };
}

async function until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it does not come');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('only what the schema has is monitored', async (t) => {
  const { client, monitored } = await scene(t);
  client.start();
  await until(() => client.synced);
  assert.deepEqual(monitored, [{ A: { columns: ['name'] } }]);
});

test('rows are told, then their changes', async (t) => {
  const { client, server, changes } = await scene(t);
  client.start();
  await until(() => client.synced);
  const update = { a1: { new: { name: 'ONE' } }, a2: {}, a3: { new: { name: 'three' } } };
  server.send({ id: null, method: 'update', params: ['skydive', { A: update }] });
  await until(() => changes.length === 5);
  assert.deepEqual(changes, ['a1 - one', 'a2 - two', 'a1 one ONE', 'a2 two -', 'a3 - three']);
  assert.deepEqual([...client.rows('A').keys()], ['a1', 'a3']);
  assert.deepEqual(client.row('A', 'a3'), { name: 'three' });
});

test('after a new connection only differences are told, what went meanwhile too', async (t) => {
  const { client, server, tables, changes } = await scene(t);
  client.start();
  await until(() => client.synced);
  changes.length = 0;
  await server.stopListening();
  await until(() => !client.synced);
  tables['A'] = { a1: { name: 'one' }, a3: { name: 'three' } };
  await server.listen();
  await until(() => client.synced);
  assert.deepEqual(changes, ['a3 - three', 'a2 two -']);
});

test('a database that stays away is one line of the log', async (t) => {
  const { client, server, told } = await scene(t);
  const { answer } = server;
  server.answer = ({ id }) => ({ id, result: null, error: 'no such database' });
  client.start();
  await until(() => server.requests.length >= 5);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /not followed: .*no such database.*trying unix:/);
  assert.match(client.failure!, /no such database/);
  server.answer = answer;
  await until(() => client.synced);
  assert.match(told[1]!, /is followed/);
  assert.equal(client.failure, undefined);
});

test('whoever wants to know is told of every connection', async (t) => {
  const { client, server } = await scene(t);
  let count = 0;
  client.onSynced(() => {
    count += 1;
    throw new Error('of one');
  });
  const off = client.onSynced(() => {
    count += 10;
  });
  client.start();
  await until(() => count === 11);
  off();
  server.hangUp();
  await until(() => count === 12);
});

test('transactions wait for nobody: without a connection they are refused', async (t) => {
  const { client } = await scene(t);
  await assert.rejects(client.transact([]), { code: 'SKY_E_PROBE', message: /not connected/ });
  client.start();
  await until(() => client.synced);
  assert.deepEqual(await client.transact([{ op: 'comment', comment: 'x' }]), [{ count: 1 }]);
});

test('stopped while it waits or connects, it ends', async (t) => {
  const { client, server } = await scene(t);
  client.start();
  await client.stop();
  await server.stopListening();
  client.start();
  await until(() => client.failure !== 'connecting');
  await client.stop();
  assert.equal(client.synced, false);
});
