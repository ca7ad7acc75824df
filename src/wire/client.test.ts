// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { silentLogger } from '../log/logger.js';
import { BackOff } from './back-off.js';
import { WireClient, type WireClientOptions } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { Outgoing } from './outgoing.js';
import { Pool } from './pool.js';
import { shareWire } from './shared.js';

/** A server that answers with the given headers and keeps its connections. */
async function startServer(t: TestContext, headers: readonly string[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const stop = () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  t.after(stop);
  const sockets: WebSocket[] = [];
  server.on('headers', (lines) => lines.push(...headers));
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((done) => server.once('listening', done));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets, stop };
}

const named = ['X-Host-Id: an1', 'X-Service-Type: analyzer'];

function startClient(t: TestContext, url: string, clock: Clock, more: Partial<WireClientOptions> = {}) {
  const pool = new Pool();
  const shared = shareWire({ log: silentLogger, clock });
  const client = new WireClient({
    url,
    host: 'h',
    serviceType: 'agent',
    protocol: 'json',
    pool,
    shared,
    backOff: new BackOff({ firstMs: 5, maxMs: 5 }),
    ...more,
  });
  t.after(() => client.stop());
  client.start();
  return { pool, client, complaints: shared.complaints };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const [name, headers] of [
  ['neither header', []],
  ['no service type', ['X-Host-Id: an1']],
  ['an empty host id', ['X-Host-Id: ', 'X-Service-Type: analyzer']],
] as const) {
  test(`a server that sends ${name} is left and tried again`, async (t) => {
    const server = await startServer(t, headers);
    const { pool, complaints } = startClient(t, server.url, systemClock);
    await until('attempts', () => server.sockets.length >= 3);
    assert.equal(pool.speakers.size, 0);
    assert.ok(complaints.count('refused') >= 2);
  });
}

test('the speaker knows the server by its headers, and messages go both ways', async (t) => {
  const server = await startServer(t, named);
  const { pool } = startClient(t, server.url, systemClock);
  await until('connection', () => pool.speakers.size === 1);
  const speaker = pool.speaker('an1')!;
  const { ServiceType, ClientProtocol, RemoteHost, RemoteServiceType, Addr, Port, IsConnected } =
    speaker.status();
  assert.deepEqual(
    [ServiceType, ClientProtocol, RemoteHost, RemoteServiceType, Addr, `:${Port}/`, IsConnected],
    ['agent', 'json', 'an1', 'analyzer', '127.0.0.1', server.url.slice(server.url.lastIndexOf(':')), true],
  );
  const asked = new Promise<string>((resolve) => {
    server.sockets[0]!.once('message', (data) => resolve((data as Buffer).toString()));
  });
  const reply = speaker.request(Outgoing.json({ namespace: 'n', type: 'Ask' }, 1));
  const { UUID } = JSON.parse(await asked) as { UUID: string };
  server.sockets[0]!.send(JSON.stringify({ Namespace: 'n', Type: 'Answer', UUID, Obj: [2] }));
  assert.deepEqual((await reply).payload.json(), [2]);
});

test('a lost connection is told once and made again; a stopped client stays away', async (t) => {
  const server = await startServer(t, named);
  const { pool, client } = startClient(t, server.url, systemClock);
  let lost = 0;
  pool.onDisconnected(() => void lost++);
  await until('connection', () => pool.speakers.size === 1);
  server.sockets[0]!.terminate();
  await until(
    'loss and reconnection',
    () => lost === 1 && server.sockets.length === 2 && pool.speakers.size === 1,
  );
  client.stop();
  await until('end', () => pool.speakers.size === 0);
  assert.equal(lost, 2);
  assert.equal(server.sockets.length, 2);
});

test('a connection that is dropped for good is not made again, one that is dropped for now is, later', async (t) => {
  const server = await startServer(t, named);
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (ms, run) => {
      pauses.push(ms);
      return systemClock.after(1, run);
    },
  };
  const drops = ['later', 'forGood'] as const;
  let asked = 0;
  const { pool } = startClient(t, server.url, clock, { accept: () => drops[asked++] });
  await until(
    'two attempts',
    () => server.sockets.length === 2 && server.sockets.every(({ readyState }) => readyState === 3),
  );
  assert.deepEqual(pauses, [10_000]);
  assert.equal(pool.speakers.size, 0);
});

test('a server that has pinged and then is silent is left', async (t) => {
  const server = await startServer(t, named);
  let now = 0;
  const ticks: (() => void)[] = [];
  const clock: Clock = {
    now: () => now,
    after: (_, run) => systemClock.after(1, run),
    every: (_, run) => {
      ticks.push(run);
      return { stop: () => {} };
    },
  };
  const { pool, complaints } = startClient(t, server.url, clock);
  await until('connection', () => pool.speakers.size === 1);
  const socket = server.sockets[0]!;
  const ping = async () => {
    const pong = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await pong;
  };
  now = 60_000;
  for (const tick of ticks) tick();
  assert.equal(complaints.count('pongTimeout'), 0, 'how often this server pings is not known yet');
  await ping();
  now += 2000;
  await ping();
  now += 120_000;
  for (const tick of ticks) tick();
  assert.equal(complaints.count('pongTimeout'), 0, 'the longest pause so far was a minute');
  now += 200_000;
  for (const tick of ticks) tick();
  assert.equal(complaints.count('pongTimeout'), 1);
  await until('reconnection', () => server.sockets.length === 2);
});

test('pauses between attempts grow to their limit, less up to a fifth, and start anew after a success', () => {
  const backOff = new BackOff({ random: () => 0 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => backOff.next()),
    [1000, 2000, 3000, 3000],
  );
  backOff.reset();
  assert.equal(backOff.next(), 1000);
  assert.equal(new BackOff({ random: () => 1 }).next(), 800);
});
