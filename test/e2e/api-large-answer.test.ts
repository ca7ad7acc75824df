// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { Node } from '../../src/graph/element.js';
import { silentLogger } from '../../src/log/logger.js';
import { ask, get, graphOf, nodeOf, open, until, withApi } from './api-fixture.js';

const nodes = Array.from({ length: 40_000 }, (_, index) =>
  nodeOf(`node-${index}`, { Text: '<&>'.repeat(30) }),
);
const source = graphOf(nodes);

test('a large answer comes whole, in chunks and with escapes', async () => {
  await withApi({ source }, async ({ port }) => {
    const answer = await ask(port, 'G.V()');
    assert.deepEqual(answer.headers.get('transfer-encoding'), ['chunked']);
    assert.match(answer.body.toString('latin1', 0, 400), /\\u003c\\u0026\\u003e/);
    const byId = new Map(nodes.map((node) => [node.ID, node]));
    const answered = JSON.parse(answer.body.toString()) as Node[];
    assert.equal(answered.length, nodes.length);
    for (const node of answered) assert.deepEqual(node, byId.get(node.ID));
  });
});

for (const [encoding, decode] of [
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
] as const) {
  test(`a large and a small answer come compressed with ${encoding}`, async () => {
    await withApi({ source }, async ({ port }) => {
      for (const path of ['/api/topology', '/api']) {
        const plain = await get(port, path);
        const packed = await get(port, path, `Accept-Encoding: ${encoding}\r\n`);
        assert.deepEqual(packed.headers.get('content-encoding'), [encoding]);
        assert.deepEqual(decode(packed.body), plain.body);
      }
    });
  });
}

test('the view is released before a slow client has read the answer', async () => {
  await withApi({ source }, async ({ port }) => {
    const socket = await open(port);
    socket.pause();
    socket.write('GET /api/topology HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    assert.equal(source.held, 0);
    const other = await ask(port, 'G.V().Count()');
    assert.equal(other.body.toString(), `${nodes.length}\n`);
    socket.destroy();
  });
});

test('a client that does not read its answer is cut off', async () => {
  const logged: string[] = [];
  const logger = { ...silentLogger, debug: (line: string) => logged.push(line) };
  await withApi({ source, logger, limits: { answerStallMs: 200 } }, async ({ port }) => {
    const socket = await open(port);
    socket.pause();
    socket.write('GET /api/topology HTTP/1.1\r\nHost: x\r\n\r\n');
    const other = await ask(port, 'G.V().Count()');
    assert.equal(other.status, 200);
    await until(() => logged.some((line) => line.includes('left its answer unread')));
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
    const whole = Buffer.byteLength(JSON.stringify({ Nodes: nodes }));
    assert.ok(socket.bytesRead < whole, `read ${socket.bytesRead} of ${whole} bytes`);
  });
});

test('a client that goes away within its answer is no error', async () => {
  const logged: string[] = [];
  const debugged: string[] = [];
  const logger = {
    ...silentLogger,
    debug: (line: string) => debugged.push(line),
    error: (line: string) => logged.push(line),
  };
  await withApi({ source, logger }, async ({ port }) => {
    const socket = await open(port);
    socket.write('GET /api/topology HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
    await until(() => debugged.length > 0);
    assert.equal((await ask(port, 'G.V().Count()')).body.toString(), `${nodes.length}\n`);
    assert.deepEqual(logged, []);
    assert.equal(source.held, 0);
  });
});
