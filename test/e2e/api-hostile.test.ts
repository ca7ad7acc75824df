// SPDX-License-Identifier: Apache-2.0
// What clients do wrong, on purpose or not: a clear answer, the process lives, the others do not notice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import {
  ask,
  exchange,
  get,
  graphOf,
  graphWithEndlessPast,
  nodeOf,
  open,
  parseAnswer,
  post,
  type RunningApi,
  until,
  withApi,
} from './api-fixture.js';

const source = graphOf([nodeOf('a'), nodeOf('b')]);

const endlessQuery = '{"GremlinQuery":"G.At(\'-1h\').V()"}';
const endless = `POST /api/topology HTTP/1.1\r\nHost: x\r\nContent-Length: ${endlessQuery.length}\r\n\r\n${endlessQuery}`;

async function stillServes(api: RunningApi): Promise<void> {
  const answer = await ask(api.port, 'G.V().Count()');
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), '2\n');
}

const bad: readonly [string, string, number, RegExp][] = [
  ['half a JSON text', '{', 400, /^unexpected end of JSON input\n$/],
  ['no JSON', 'nope', 400, /^invalid character 'o' in literal null \(expecting 'u'\)\n$/],
  ['a list', '[]', 400, /has to be an object/],
  ['a number for the query', '{"GremlinQuery": 5}', 400, /GremlinQuery has to be a string\n$/],
  ['a bad query', '{"GremlinQuery": "hello"}', 400, /found "hello", expected `G`/],
  ['an empty query', '{"GremlinQuery": ""}', 204, /^$/],
  ['an empty body', '', 204, /^$/],
  ['null', 'null', 204, /^$/],
];

for (const [name, body, status, text] of bad) {
  test(`POST /api/topology with ${name} is ${status}`, async () => {
    await withApi({ source }, async (api) => {
      const answer = await post(api.port, '/api/topology', body);
      assert.equal(answer.status, status);
      assert.match(answer.body.toString(), text);
      if (status === 400) assert.deepEqual(answer.headers.get('x-content-type-options'), ['nosniff']);
      await stillServes(api);
    });
  });
}

test('a body that announces 100 MB is refused before it is sent', async () => {
  await withApi({ source }, async (api) => {
    const answer = await exchange(
      api.port,
      'POST /api/topology HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n',
    );
    assert.equal(answer.status, 413);
    assert.match(answer.body.toString(), /larger than \d+ bytes/);
    assert.deepEqual(answer.headers.get('connection'), ['close']);
    await stillServes(api);
  });
});

test('a client that waits for 100 Continue gets 413 instead when its body is too large', async () => {
  await withApi({ source }, async (api) => {
    const head = 'POST /api/topology HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n';
    const refused = await exchange(api.port, `${head}Content-Length: 104857600\r\n\r\n`);
    assert.equal(refused.status, 413);
    const socket = await open(api.port);
    socket.write(`${head}Content-Length: 32\r\n\r\n`);
    const [interim] = await once(socket, 'data');
    assert.match(String(interim), /^HTTP\/1.1 100 Continue/);
    socket.write('{"GremlinQuery":"G.V().Count()"}');
    const [answer] = await once(socket, 'data');
    assert.equal(parseAnswer(answer).body.toString(), '2\n');
    socket.destroy();
  });
});

for (const framing of ['a declared length', 'chunks'] as const) {
  test(`a client that sends 100 MB with ${framing} reads its 413`, async () => {
    await withApi({ source }, async (api) => {
      const socket = await open(api.port);
      const piece = Buffer.alloc(1024 * 1024, 0x20);
      const total = 100;
      const chunked = framing === 'chunks';
      socket.write(
        `POST /api/topology HTTP/1.1\r\nHost: x\r\n${
          chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${total * piece.length}`
        }\r\n\r\n`,
      );
      let answer: Buffer | undefined;
      socket.once('data', (data) => {
        answer = data;
      });
      for (let sent = 0; sent < total && answer === undefined && !socket.destroyed; sent++) {
        if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
        const room = socket.write(piece);
        if (chunked) socket.write('\r\n');
        if (!room) await Promise.race([once(socket, 'drain'), once(socket, 'data'), once(socket, 'close')]);
      }
      await until(() => answer !== undefined);
      assert.equal(parseAnswer(answer!).status, 413);
      await stillServes(api);
      socket.destroy();
    });
  });
}

test('an address that is too long is 414, headers that are too large 431', async () => {
  await withApi({ source }, async (api) => {
    const long = await get(api.port, `/api/${'x'.repeat(40_000)}`);
    assert.equal(long.status, 414);
    const wide = await get(api.port, '/api', `X-Wide: ${'x'.repeat(200_000)}\r\n`);
    assert.equal(wide.status, 431);
    assert.match(wide.body.toString(), /too large/);
    await stillServes(api);
  });
});

const noise: readonly [string, string | Buffer, number][] = [
  ['no HTTP at all', 'hello there\r\n\r\n', 400],
  ['bytes of a TLS handshake', Buffer.from('16030100a5010000a10303', 'hex'), 400],
  ['two lengths', 'GET /api HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  [
    'a length and chunks',
    'POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  ['a broken percent escape', 'GET /api/%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
];

for (const [name, bytes, status] of noise) {
  test(`${name} is ${status}`, async () => {
    await withApi({ source }, async (api) => {
      const answer = await exchange(api.port, bytes);
      assert.equal(answer.status, status);
      assert.match(answer.body.toString(), /./);
      await stillServes(api);
    });
  });
}

test('a client that sends its headers byte by byte is cut off with 408', async () => {
  await withApi({ source, limits: { headersTimeoutMs: 200 } }, async (api) => {
    const socket = await open(api.port);
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    const request = 'GET /api HTTP/1.1\r\nHost: x\r\nX-Slow: ';
    let sent = 0;
    const drip = setInterval(() => socket.write(request[sent++] ?? 'x'), 20);
    try {
      await until(() => answer !== '' || socket.destroyed);
      assert.match(answer, /^HTTP\/1.1 408 /);
      await stillServes(api);
    } finally {
      clearInterval(drip);
      socket.destroy();
    }
  });
});

test('a client that connects and says nothing is cut off', async () => {
  await withApi({ source, limits: { headersTimeoutMs: 200 } }, async (api) => {
    const socket = await open(api.port);
    socket.resume();
    await once(socket, 'end');
    await stillServes(api);
    socket.destroy();
  });
});

test('a client that stops within its body is answered 408', async () => {
  await withApi({ source, limits: { bodyIdleMs: 100 } }, async (api) => {
    const answer = await exchange(
      api.port,
      'POST /api/topology HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"Grem',
    );
    assert.equal(answer.status, 408);
    assert.match(answer.body.toString(), /no byte of the request body came/);
    await stillServes(api);
  });
});

test('a client that goes away within its body leaves no trace', async () => {
  await withApi({ source }, async (api) => {
    const socket = await open(api.port);
    socket.write('POST /api/topology HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"Grem');
    socket.destroy();
    await stillServes(api);
  });
});

test('a query is cancelled when its client goes away, and its view is released', async () => {
  const watched = graphWithEndlessPast([nodeOf('a'), nodeOf('b')]);
  await withApi({ source: watched }, async (api) => {
    const socket = await open(api.port);
    socket.write(endless);
    await until(() => watched.held === 1);
    await stillServes(api);
    socket.destroy();
    await until(() => watched.held === 0);
    await stillServes(api);
  });
});

test('stop() cancels running queries and closes their connections', async () => {
  const watched = graphWithEndlessPast([]);
  let ended = false;
  await withApi({ source: watched }, async (api) => {
    const socket = await open(api.port);
    socket.on('error', () => {});
    socket.on('close', () => {
      ended = true;
    });
    socket.resume();
    socket.write(endless);
    await until(() => watched.held === 1);
  });
  assert.equal(watched.held, 0);
  await until(() => ended);
});

test('a handler that throws something unforeseen is 500 without its details', async () => {
  const logged: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => logged.push(line) };
  const status = () => {
    throw new TypeError('secret detail');
  };
  await withApi({ source, status, logger }, async (api) => {
    const answer = await get(api.port, '/api/status');
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.body.toString(), /secret/);
    assert.match(logged.join('\n'), /GET \/api\/status: TypeError: secret detail/);
    await stillServes(api);
  });
});
