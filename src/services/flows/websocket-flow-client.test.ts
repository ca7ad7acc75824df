// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { silentLogger } from '../../log/logger.js';
import { BackOff } from '../../wire/back-off.js';
import { shareWire } from '../../wire/shared.js';
import { WebSocketFlowClient } from './websocket-flow-client.js';

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

class Analyzer {
  readonly got: string[] = [];
  readonly sockets: WebSocket[] = [];
  headers: IncomingHttpHeaders = {};
  port = 0;
  #server: WebSocketServer | undefined;

  async listen(t: TestContext): Promise<void> {
    const server = new WebSocketServer({ port: this.port, host: '127.0.0.1', perMessageDeflate: false });
    this.#server = server;
    await new Promise<void>((done) => server.once('listening', done));
    this.port = (server.address() as AddressInfo).port;
    t.after(() => this.stop());
    server.on('connection', (socket, { headers }) => {
      this.headers = headers;
      this.sockets.push(socket);
      socket.on('message', (data, binary) => {
        assert.ok(binary);
        this.got.push(String(data));
      });
    });
  }

  stop(): void {
    for (const socket of this.sockets.splice(0)) socket.terminate();
    this.#server?.close();
  }
}

function client(t: TestContext, port: number, maxQueueBytes?: number) {
  const shared = shareWire({ log: silentLogger });
  const made = new WebSocketFlowClient({
    url: `ws://127.0.0.1:${port}/ws/agent/flow`,
    host: 'agent1',
    shared,
    credentials: () => ({ Cookie: 'authtoken=x' }),
    backOff: new BackOff({ firstMs: 5, maxMs: 5 }),
    ...(maxQueueBytes !== undefined && { maxQueueBytes }),
  });
  t.after(() => made.close());
  return { made, shared };
}

function numbered(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(`message ${index}`));
}

test('messages go out bare and in order, with the headers of an agent', async (t) => {
  const analyzer = new Analyzer();
  await analyzer.listen(t);
  const { made } = client(t, analyzer.port);
  made.send(numbered(1000));
  await until('all', () => analyzer.got.length === 1000);
  assert.deepEqual(analyzer.got, numbered(1000).map(String));
  await until('all are counted', () => made.stats().sent === 1000);
  assert.deepEqual(made.stats(), { sent: 1000, dropped: 0, queued: 0 });
  const { headers } = analyzer;
  assert.deepEqual(
    [
      headers['x-host-id'],
      headers['x-client-type'],
      headers['x-client-protocol'],
      headers['x-websocket-namespace'],
      headers.cookie,
    ],
    ['agent1', 'agent', '', '*', 'authtoken=x'],
  );
});

test('a lost connection is made again, and what waited goes out', async (t) => {
  const analyzer = new Analyzer();
  await analyzer.listen(t);
  const { made, shared } = client(t, analyzer.port);
  made.send(numbered(1));
  await until('the first', () => analyzer.got.length === 1);
  analyzer.stop();
  await until('the loss is noticed', () => shared.complaints.count('connectError') > 0);
  made.send(numbered(3));
  assert.equal(made.stats().queued, 3);
  await analyzer.listen(t);
  await until('those that waited', () => analyzer.got.length === 4);
  assert.deepEqual(made.stats(), { sent: 4, dropped: 0, queued: 0 });
});

test('a full queue loses its oldest messages, and counts them', async (t) => {
  const analyzer = new Analyzer();
  await analyzer.listen(t);
  const { made } = client(t, analyzer.port, 30);
  // Nothing goes out before the connection is there.
  made.send(numbered(5));
  assert.deepEqual(made.stats(), { sent: 0, dropped: 2, queued: 3 });
  await until('the newest', () => analyzer.got.length === 3);
  assert.deepEqual(analyzer.got, ['message 2', 'message 3', 'message 4']);
});

test('an analyzer that does not read holds back what it would have to buffer', async (t) => {
  const analyzer = new Analyzer();
  await analyzer.listen(t);
  const { made } = client(t, analyzer.port, 50_000_000);
  await until('the connection', () => analyzer.sockets.length === 1);
  analyzer.sockets[0]!.pause();
  made.send(Array.from({ length: 400 }, () => Buffer.alloc(100_000)));
  await until('the socket is full', () => made.stats().queued > 0 && made.stats().queued < 400);
  assert.equal(made.stats().dropped, 0);
  analyzer.sockets[0]!.resume();
  await until('all', () => analyzer.got.length === 400);
});

test('once closed no connection is made', async (t) => {
  const analyzer = new Analyzer();
  await analyzer.listen(t);
  const { made } = client(t, analyzer.port);
  await until('the connection', () => analyzer.sockets.length === 1);
  let closed = false;
  analyzer.sockets[0]!.once('close', () => {
    closed = true;
  });
  made.close();
  await until('the end', () => closed);
  made.send(numbered(1));
  assert.equal(analyzer.sockets.length, 1);
  assert.equal(made.stats().queued, 1);
});

test('with TLS the analyzer is checked, and sees a certificate', async (t) => {
  const folder = join(import.meta.dirname, '../../../../test/fixtures/tls');
  const pem = (name: string) => readFileSync(join(folder, name));
  const https = createServer({
    cert: pem('server.crt'),
    key: pem('server.key'),
    ca: pem('ca.crt'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const server = new WebSocketServer({ server: https });
  const got: string[] = [];
  server.on('connection', (socket) => socket.on('message', (data) => got.push(String(data))));
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    https.close();
  });
  const { port } = https.address() as AddressInfo;
  const connect = (name: string) => {
    const shared = shareWire({ log: silentLogger });
    const made = new WebSocketFlowClient({
      url: `wss://127.0.0.1:${port}/ws/agent/flow`,
      host: 'agent1',
      shared,
      tls: { cert: pem(`${name}.crt`), key: pem(`${name}.key`), ca: pem('ca.crt') },
      backOff: new BackOff({ firstMs: 5, maxMs: 5 }),
    });
    t.after(() => made.close());
    made.send([Buffer.from(name)]);
    return shared;
  };
  const stranger = connect('stranger');
  await until('the stranger is refused', () => stranger.complaints.count('connectError') > 0);
  connect('client');
  await until('the message', () => got.length > 0);
  assert.deepEqual(got, ['client']);
});
