// SPDX-License-Identifier: Apache-2.0
// Peers that are broken or mean harm: what they do is counted, logged once and survived.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import { Graph } from '../../src/graph/graph.js';
import type { Logger } from '../../src/log/logger.js';
import { OriginIndex } from '../../src/sync/origin-index.js';
import { Publishers } from '../../src/sync/publishers.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { connectClient, until } from './client.js';

async function startServer(t: TestContext, options: { pingDelayMs?: number; pongTimeoutMs?: number } = {}) {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log: Logger = { debug() {}, info: note, warn: note, error: note };
  const shared = shareWire({ log });
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const endpoint = new Endpoint('/ws/publisher', { limit: 'api' });
  const { complaints } = shared;
  new Publishers({ endpoint, graph, origins: new OriginIndex(graph), complaints, validated: true });
  const server = new WireServer({
    host: 'an1',
    serviceType: 'analyzer',
    endpoints: [endpoint],
    shared,
    ...options,
  });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.stop();
    http.close();
  });
  return { port: (http.address() as AddressInfo).port, graph, endpoint, complaints, lines };
}

/** Upgrades by hand; the socket then says and answers nothing by itself. */
function open(t: TestContext, port: number, headers: readonly string[] = []): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      const lines = [
        'GET /ws/publisher HTTP/1.1',
        'Host: x',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
        'X-Client-Type: t',
        ...headers,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
    t.after(() => socket.destroy());
    socket.once('data', () => resolve(socket));
    socket.on('error', reject);
  });
}

/** A client frame (masked with zeros). */
function frame(opcode: number, payload: Buffer): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(payload.length);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0xfe]), size, Buffer.alloc(4), payload]);
}

test('a thousand connections that never answer a ping are closed, and nobody else notices', async (t) => {
  const { port, endpoint, complaints, lines, graph } = await startServer(t, {
    pingDelayMs: 50,
    pongTimeoutMs: 1000,
  });
  const good = await connectClient(t, port, '/ws/publisher', { 'X-Host-ID': 'good' });
  const count = 1000;
  const sockets = await Promise.all(Array.from({ length: count }, () => open(t, port)));
  await until('all of them', () => sockets.every(({ closed }) => closed) && endpoint.speakers.size === 1);
  assert.equal(complaints.count('pongTimeout'), count);
  assert.equal(lines.length, 1, 'logged once');
  assert.equal(endpoint.hosts.size, 1);
  good.send('NodeAdded', { ID: 'n', Metadata: { Name: 'n', Type: 'device' } });
  await until('a message of the other client', () => graph.getNode('n') !== undefined);
});

test('clients that leave in the middle of the handshake, a frame or a message leave nothing behind', async (t) => {
  const { port, endpoint } = await startServer(t);
  for (const rest of [
    Buffer.alloc(0),
    Buffer.from([0x81]),
    Buffer.from([0x81, 0xfe, 1]),
    Buffer.from([0x01, 0x80, 0, 0, 0, 0]),
  ]) {
    const socket = await open(t, port, ['X-Host-ID: leaver']);
    socket.write(rest);
    socket.destroy();
    await until('the end', () => endpoint.hosts.size === 0 && endpoint.speakers.size === 0);
  }
});

for (const protocol of ['json', 'protobuf']) {
  test(`no ${protocol} payload does more than be counted`, async (t) => {
    const { port, endpoint, complaints, lines, graph } = await startServer(t);
    const socket = await open(t, port, [`X-Client-Protocol: ${protocol}`]);
    const types = ['Sync', 'NodeAdded', 'NodePartiallyUpdated', 'EdgeDeleted', 'SyncReply'];
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...types), fc.jsonValue())
        .map(([Type, Obj]) => Buffer.from(JSON.stringify({ Namespace: 'Graph', Type, Obj }))),
      fc
        .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 50 }))
        .map(([type, bytes]) =>
          Buffer.concat([
            Buffer.from(
              `\x0a\x05Graph\x12${String.fromCharCode(type.length)}${type}\x32${String.fromCharCode(bytes.length)}`,
            ),
            bytes,
          ]),
        ),
    );
    const payloads = fc.sample(payload, 500);
    let handled = 0;
    endpoint.on('done', () => void handled++);
    for (const bytes of payloads) socket.write(frame(2, bytes));
    const done = protocol === 'json' ? Buffer.from('{"Namespace":"done"}') : Buffer.from('\x0a\x04done');
    socket.write(frame(2, done));
    await until('the last message', () => handled === 1);
    assert.ok(complaints.count('malformedMessage') > 0);
    assert.equal(graph.nodeCount, 0);
    // One line for each kind of complaint.
    assert.equal(lines.length, Object.keys(complaints.counts()).length);
    assert.equal(endpoint.speakers.size, 1);
  });
}

test('no bytes behind the handshake do more than end the connection', async (t) => {
  const { port, endpoint, graph } = await startServer(t);
  for (const bytes of fc.sample(fc.uint8Array({ minLength: 2, maxLength: 200 }), 100)) {
    const socket = await open(t, port);
    socket.on('error', () => {});
    socket.end(Buffer.from(bytes));
  }
  await until('the end of all', () => endpoint.speakers.size === 0);
  const good = await connectClient(t, port, '/ws/publisher');
  good.send('NodeAdded', { ID: 'n', Metadata: { Name: 'n', Type: 'device' } });
  await until('a message', () => graph.getNode('n') !== undefined);
});
