// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type ConnectionLimits, OvsdbConnection } from './connection.js';
import { type Answer, FakeServer } from './fake-server.js';
import type { RowUpdate } from './message.js';

async function scene(t: TestContext, answer: Answer, limits: Partial<ConnectionLimits> = {}) {
  const server = await FakeServer.start(answer);
  t.after(() => server.stop());
  const connection = await OvsdbConnection.open(server.endpoint, limits);
  t.after(() => connection.close());
  return { server, connection };
}

test('calls are answered by their id, in whatever order', async (t) => {
  const first: unknown[] = [];
  const { connection } = await scene(t, ({ id, method }) => {
    if (method === 'a') {
      first.push(id);
      return undefined;
    }
    return { id, result: 'of b', error: null };
  });
  const a = connection.call('a', []);
  assert.equal(await connection.call('b', []), 'of b');
  connection.close('enough');
  await assert.rejects(a, { code: 'SKY_E_PROBE', message: /a at the database .* failed: enough/ });
  assert.equal(first.length, 1);
});

test('an error of the server is what a call rejects with', async (t) => {
  const { connection } = await scene(t, ({ id }) => ({ id, result: null, error: { error: 'unknown db' } }));
  await assert.rejects(connection.call('get_schema', ['x']), /unknown db/);
});

test('an echo of the server is answered with what it sent', async (t) => {
  const replies: unknown[] = [];
  const { server, connection } = await scene(t, (request) => {
    if (request.method === undefined) replies.push(request);
    return request.method === 'sync' ? { id: request.id, result: null, error: null } : undefined;
  });
  await connection.call('sync', []);
  server.send({ id: 'echo', method: 'echo', params: ['x', 1] });
  server.send({ id: 7, method: 'unheard-of', params: [] });
  await until(() => replies.length > 0);
  assert.deepEqual(replies, [{ id: 'echo', result: ['x', 1], error: null }]);
});

test('what one operation refuses is what the transaction rejects with', async (t) => {
  const results = [{ count: 1 }, null, { error: 'constraint violation', details: 'no such row' }];
  const { connection } = await scene(t, ({ id }) => ({ id, result: results, error: null }));
  await assert.rejects(
    connection.transact('db', [{ op: 'comment', comment: 'x' }]),
    /constraint violation \(no such row\)/,
  );
});

test('a monitor tells what is there, table by table in the order asked for, then each change', async (t) => {
  const row = (name: string) => ({ new: { name } });
  const { server, connection } = await scene(t, ({ id, method, params }) => {
    assert.equal(method, 'monitor');
    assert.deepEqual(params[2], { A: { columns: ['name'] }, B: { columns: ['name'] } });
    return { id, result: { B: { b1: row('b1') }, A: { a1: row('a1'), a2: row('a2') } }, error: null };
  });
  const told: RowUpdate[] = [];
  await connection.monitor('db', { A: ['name'], B: ['name'] }, (update) => told.push(update));
  assert.deepEqual(
    told.map(({ table, uuid }) => `${table} ${uuid}`),
    ['A a1', 'A a2', 'B b1'],
  );
  server.send({
    id: null,
    method: 'update',
    params: ['skydive', { A: { a1: { old: { name: 'a1' }, ...row('n') }, a2: { old: { name: 'a2' } } } }],
  });
  await until(() => told.length === 5);
  assert.deepEqual(told.slice(3), [
    { table: 'A', uuid: 'a1', new: { name: 'n' } },
    { table: 'A', uuid: 'a2' },
  ]);
});

test('a silent server is asked for an echo, then given up', async (t) => {
  const { server, connection } = await scene(t, () => undefined, { silenceMs: 20 });
  assert.match(await connection.closed, /silent/);
  assert.deepEqual(server.requests, ['echo']);
});

test('a server that does not answer a call is given up', async (t) => {
  const { connection } = await scene(t, () => undefined, { answerMs: 20 });
  await assert.rejects(connection.call('list_dbs', []), /no answer to list_dbs within 20 ms/);
});

test('no more calls wait than allowed', async (t) => {
  const { connection } = await scene(t, () => undefined, { requests: 1 });
  connection.call('a', []).catch(() => undefined);
  await assert.rejects(connection.call('b', []), /1 requests wait/);
});

for (const [name, text, reason] of [
  ['no JSON', 'HTTP/1.1 400 Bad Request', /no JSON object/],
  ['malformed JSON', '{"id":1,}', /malformed JSON/],
  ['an update without tables', '{"method":"update","params":["x"],"id":null}', /malformed JSON/],
  ['too long a message', `{"id":"${'x'.repeat(5000)}"}`, /more than 1000 bytes/],
] as const) {
  test(`${name} ends the connection`, async (t) => {
    const { server, connection } = await scene(t, () => undefined, { messageBytes: 1000 });
    connection.monitor('db', {}, () => undefined).catch(() => undefined);
    await until(() => server.requests.length > 0);
    server.send(text);
    assert.match(await connection.closed, reason);
  });
}

test('whatever JSON a server sends, it is left out or the connection ends', async (t) => {
  const { server, connection } = await scene(t, ({ id, method }) =>
    method === 'sync' ? { id, result: null, error: null } : undefined,
  );
  let ends = 0;
  let current = connection;
  const member = fc.constantFrom('id', 'method', 'params', 'result', 'error');
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('update', 'echo', 1, 2));
  const message = fc.oneof(
    fc.dictionary(member, value),
    fc.jsonValue().map((params) => ({ method: 'update', id: null, params })),
    fc.jsonValue().map((tables) => ({ method: 'update', id: null, params: ['x', tables] })),
    fc.jsonValue().map((tables) => ({ method: 'update', id: null, params: ['x', { A: tables }] })),
  );
  await fc.assert(
    fc.asyncProperty(message, async (given) => {
      current.monitor('db', { A: [] }, () => undefined).catch(() => undefined);
      server.send(given);
      try {
        await current.call('sync', []);
      } catch {
        const open = new Promise<void>((resolve) => setImmediate(resolve));
        const reason = await Promise.race([current.closed, open]);
        // What was sent was taken for the answer: an error.
        if (typeof reason !== 'string') return;
        ends += 1;
        assert.match(reason, /malformed|JSON|closed/);
        current = await OvsdbConnection.open(server.endpoint);
      }
    }),
    { numRuns: 150 },
  );
  current.close();
  assert.ok(ends > 0);
});

test('where nobody listens there is a reason', async () => {
  await assert.rejects(OvsdbConnection.open({ path: '/nonexistent/db.sock' }), {
    code: 'SKY_E_PROBE',
    message: /unix:\/\/\/nonexistent\/db\.sock.*ENOENT/,
  });
});

test('a large database is told in slices', async (t) => {
  const rows = 20_000;
  const one = {
    new: { name: 'x'.repeat(30), external_ids: ['map', Array(20).fill(['key', 'value'.repeat(5)])] },
  };
  const text = JSON.stringify(one);
  const body = Array.from({ length: rows }, (_, at) => `"${at}":${text}`).join(',');
  const { server, connection } = await scene(t, () => undefined);
  let count = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const told = connection.monitor('db', { A: ['name'] }, () => {
    count += 1;
  });
  await until(() => server.requests.length > 0);
  let turns = 0;
  let counting = true;
  const turn = () => {
    turns += 1;
    if (counting) setImmediate(turn);
  };
  server.send(`{"id":1,"error":null,"result":{"A":{${body}}}}`);
  delay.enable();
  turn();
  await told;
  counting = false;
  delay.disable();
  assert.equal(count, rows);
  // Some 15 MB take at least 50 ms: others have had their turns.
  assert.ok(turns > 10, `${turns} turns`);
  t.diagnostic(`${turns} turns, longest ${(delay.max / 1e6).toFixed(1)} ms`);
});

async function until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it does not come');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
