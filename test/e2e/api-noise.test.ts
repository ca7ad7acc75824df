// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { elementResource } from '../../src/api/resources/element.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { ask, withApi } from './api-fixture.js';

/** Sends the bytes; resolves with the first line that came, empty when the connection was only closed. */
function firstLine(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.includes('\r\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text.split('\r\n')[0]!));
  });
}

const body = '{"GremlinQuery":"G.V().Count()"}';
const requests = [
  `POST /api/topology HTTP/1.1\r\nHost: x\r\nAccept: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  'GET /api/node/n1?x-auth-token=a HTTP/1.1\r\nHost: x\r\nCookie: authtoken=b\r\nAccept-Encoding: gzip\r\n\r\n',
  'PATCH /api/node/n1 HTTP/1.1\r\nHost: x\r\nContent-Length: 53\r\n\r\n[{"op":"add","path":"/Metadata/K","value":[1,{"a":2}]}]',
  'OPTIONS /api HTTP/1.1\r\nHost: x\r\nOrigin: y\r\nAccess-Control-Request-Method: PUT\r\n\r\n',
  'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\nusername=a&password=b',
];

/** A request with a few bytes changed, cut, or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...requests),
    fc.array(fc.tuple(fc.nat(400), fc.uint8Array({ maxLength: 4 }), fc.nat(6)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([request, changes]) => {
    let bytes = Buffer.from(request);
    for (const [at, inserted, removed] of changes) {
      const from = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(from + removed)]);
    }
    return bytes;
  });

test('whatever bytes come, the answer is HTTP or none, nothing unforeseen happens, and the server goes on', async () => {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  graph.addNode({ ID: 'n1', Metadata: { Name: 'n1', Type: 'device' } });
  const logged: string[] = [];
  const logger = { ...silentLogger, error: (line: string) => logged.push(line) };
  const resources = [elementResource('node', graph)];
  const seen = new Set<string>();
  // A request that is not complete is given up soon.
  const limits = { headersTimeoutMs: 50, bodyIdleMs: 50 };
  await withApi({ source: graph, resources, logger, limits }, async ({ port }) => {
    const batch = fc.array(fc.oneof(mutated, fc.uint8Array({ minLength: 1, maxLength: 200 })), {
      minLength: 16,
      maxLength: 16,
    });
    await fc.assert(
      fc.asyncProperty(batch, async (inputs) => {
        for (const line of await Promise.all(inputs.map((bytes) => firstLine(port, bytes)))) {
          assert.match(line, /^(HTTP\/1\.1 [1-5]\d\d |$)/);
          assert.doesNotMatch(line, / 500 /);
          seen.add(line.split(' ')[1] ?? '');
        }
        assert.deepEqual(logged, []);
      }),
      { numRuns: 25 },
    );
    assert.equal((await ask(port, "G.V().Has('Name', 'n1').Count()")).status, 200);
  });
  // Neither all nonsense nor all sense: the inputs reach the handlers.
  for (const status of ['200', '400']) assert.ok(seen.has(status), `${status} never came`);
});
