// SPDX-License-Identifier: Apache-2.0
// rest-api.md §1 and §3: what every client sees of the small endpoints.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Authenticator } from '../../src/auth/authenticator.js';
import { SkydiveError } from '../../src/errors.js';
import { configOf, exchange, get, graphOf, nodeOf, post, withApi } from './api-fixture.js';

const config = configOf({
  'analyzer.listen': '127.0.0.1:8082',
  analyzers: ['127.0.0.1:8082'],
  ui: { Theme: { Dark: true }, list: [{ A: 1 }] },
  none: null,
});

test('GET /api names host, version and service', async () => {
  await withApi({}, async ({ port }) => {
    const answer = await get(port, '/api');
    assert.equal(answer.statusLine, 'HTTP/1.1 200 OK');
    assert.deepEqual(answer.headers.get('content-type'), ['application/json; charset=UTF-8']);
    assert.deepEqual(answer.headers.get('vary'), ['Accept-Encoding']);
    assert.equal(answer.headers.get('connection'), undefined);
    assert.equal(answer.body.toString(), '{"Host":"an1","Version":"unknown","Service":"analyzer"}\n');
  });
});

test('a connection serves several requests, and HTTP/1.0 is answered with its end', async () => {
  await withApi({}, async ({ port }) => {
    const request = 'GET /api HTTP/1.1\r\nHost: x\r\n\r\n';
    const two = await exchange(port, `${request}GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(two.status, 200);
    const old = await exchange(port, 'GET /api HTTP/1.0\r\n\r\n');
    assert.deepEqual(old.headers.get('connection'), ['close']);
  });
});

const configRows: readonly [string, number, string][] = [
  ['analyzer.listen', 200, '"127.0.0.1:8082"\n'],
  ['ANALYZER.Listen', 200, '"127.0.0.1:8082"\n'],
  ['analyzers', 200, '["127.0.0.1:8082"]\n'],
  ['ui', 200, '{"theme":{"dark":true},"list":[{"a":1}]}\n'],
  ['no.such.key', 200, '""\n'],
  ['none', 200, '""\n'],
  ['a/b', 404, '404 page not found\n'],
  ['', 404, '404 page not found\n'],
];

for (const [key, status, body] of configRows) {
  test(`GET /api/config/${key} is ${status} ${body.trim()}`, async () => {
    await withApi({ config }, async ({ port }) => {
      const answer = await get(port, `/api/config/${key}`);
      assert.equal(answer.status, status);
      assert.equal(answer.body.toString(), body);
    });
  });
}

test('an agent has no /api/config', async () => {
  await withApi({ config, service: 'agent' }, async ({ port }) => {
    assert.equal((await get(port, '/api/config/analyzers')).status, 404);
  });
});

test('the health path is public', async () => {
  const authenticator: Authenticator = {
    authenticate() {
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Wrong credentials');
    },
    login() {
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Wrong credentials');
    },
    logout() {},
    allows: () => false,
    permissions: () => null,
  };
  await withApi({ authenticator }, async ({ port }) => {
    assert.equal((await get(port, '/healthz')).body.toString(), 'ok\n');
    const refused = await get(port, '/api');
    assert.equal(refused.status, 401);
    assert.equal(refused.body.toString(), 'Wrong credentials');
    assert.equal(refused.headers.get('www-authenticate'), undefined);
    const login = await post(
      port,
      '/login',
      'username=a&password=b',
      'Content-Type: application/x-www-form-urlencoded\r\n',
    );
    assert.equal(login.status, 401);
    assert.equal(login.body.toString(), 'Wrong credentials');
    assert.equal((await get(port, '/api/nope')).status, 404);
  });
});

test('a user without permission is refused with 405 and no body', async () => {
  const users: Authenticator = {
    authenticate: (credential) => credential,
    login: (user) => ({ user, token: 't' }),
    logout() {},
    allows: (user, object) => user === 'root' || object === 'status',
    permissions: () => [{ Object: 'status', Action: 'read', Allowed: true }],
  };
  await withApi({ authenticator: users }, async ({ port }) => {
    assert.equal((await get(port, '/api/status', 'X-Auth-Token: bob\r\n')).status, 200);
    const refused = await get(port, '/api/topology', 'X-Auth-Token: bob\r\n');
    assert.equal(refused.status, 405);
    assert.equal(refused.body.length, 0);
    assert.equal((await get(port, '/api/topology', 'X-Auth-Token: root\r\n')).status, 200);
    const login = await post(port, '/login?username=u&password=p', '', 'Origin: http://x\r\n');
    assert.equal(
      login.body.toString(),
      '{"Token":"t","Permissions":[{"Object":"status","Action":"read","Allowed":true}]}',
    );
    assert.deepEqual(login.headers.get('access-control-allow-origin'), ['http://x']);
    assert.equal(login.headers.get('set-cookie')?.[0], 'authtoken=t; Path=/');
  });
});

test('GET /api/topology is the whole graph, null for a list without elements', async () => {
  const node = nodeOf('n1');
  await withApi({ source: graphOf([node]) }, async ({ port }) => {
    const answer = await get(port, '/api/topology');
    assert.equal(answer.body.toString(), `{"Nodes":[${JSON.stringify(node)}],"Edges":null}\n`);
  });
});

test('POST /api/topology echoes Accept in its content type', async () => {
  await withApi({}, async ({ port }) => {
    for (const [accept, type] of [
      ['Accept: application/json\r\n', 'application/json; charset=UTF-8'],
      ['Accept: text/html, */*\r\n', 'text/html, */*; charset=UTF-8'],
      ['', '; charset=UTF-8'],
    ]) {
      const answer = await post(port, '/api/topology', '{"GremlinQuery":"G.V().Count()"}', accept);
      assert.deepEqual(answer.headers.get('content-type'), [type]);
      assert.equal(answer.body.toString(), '0\n');
    }
  });
});

for (const [accept, message] of [
  ['text/vnd.graphviz', 'Only graph can be outputted as dot'],
  ['application/vnd.tcpdump.pcap', 'Only RawPackets step result can be outputted as pcap'],
]) {
  test(`a result that cannot be ${accept} is 406`, async () => {
    await withApi({}, async ({ port }) => {
      const answer = await post(
        port,
        '/api/topology',
        '{"GremlinQuery":"G.V().Count()"}',
        `Accept: ${accept}\r\n`,
      );
      assert.equal(answer.status, 406);
      assert.match(answer.body.toString(), new RegExp(`^Error while encoding response: ${message}`));
    });
  });
}

test('with an Origin, every answer may be read from anywhere', async () => {
  await withApi({}, async ({ port }) => {
    for (const path of ['/api', '/api/nope', '/api/status']) {
      const answer = await get(port, path, 'Origin: http://x.example\r\n');
      assert.deepEqual(answer.headers.get('access-control-allow-origin'), ['*']);
    }
    assert.equal((await get(port, '/api')).headers.get('access-control-allow-origin'), undefined);
  });
});

test('one more slash is a redirection that keeps the query', async () => {
  await withApi({}, async ({ port }) => {
    const answer = await get(port, '/api/?a=b');
    assert.equal(answer.status, 301);
    assert.deepEqual(answer.headers.get('location'), ['/api?a=b']);
    assert.equal(answer.body.toString(), '<a href="/api?a=b">Moved Permanently</a>.\n\n');
    const posted = await post(port, '/api/topology/', '{}');
    assert.equal(posted.status, 301);
    assert.equal(posted.body.length, 0);
  });
});

test('HEAD and wrong methods are 405 without body, unknown paths 404 with a text', async () => {
  await withApi({}, async ({ port }) => {
    for (const method of ['HEAD', 'PUT', 'DELETE']) {
      const answer = await exchange(port, `${method} /api HTTP/1.1\r\nHost: x\r\n\r\n`);
      assert.equal(answer.statusLine, 'HTTP/1.1 405 Method Not Allowed');
      assert.equal(answer.headers.get('content-type'), undefined);
      assert.equal(answer.body.length, 0);
    }
    const unknown = await get(port, '/nope');
    assert.equal(unknown.body.toString(), '404 page not found\n');
    assert.deepEqual(unknown.headers.get('content-type'), ['text/plain; charset=utf-8']);
  });
});

test('an empty answer is not compressed', async () => {
  await withApi({}, async ({ port }) => {
    const answer = await post(port, '/api/topology', '', 'Accept-Encoding: gzip\r\n');
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('content-encoding'), undefined);
    assert.deepEqual(answer.headers.get('vary'), ['Accept-Encoding']);
  });
});

test('a request in absolute form is understood', async () => {
  await withApi({}, async ({ port }) => {
    assert.equal((await get(port, 'http://an1:8082/api')).status, 200);
  });
});

test('a plain request to a WebSocket endpoint is a failed upgrade', async () => {
  await withApi({ webSockets: ['/ws/subscriber'] }, async ({ port }) => {
    const answer = await get(port, '/ws/subscriber');
    assert.equal(answer.status, 500);
    assert.deepEqual(answer.headers.get('connection'), ['close']);
    assert.equal((await get(port, '/ws/nope')).status, 404);
  });
});

test('an address that is taken is named, with the key to change', async () => {
  await withApi({}, async ({ port }) => {
    await assert.rejects(
      withApi({ listen: { host: '127.0.0.1', port } }, async () => {}),
      { code: 'SKY_E_ADDRESS', message: new RegExp(`127\\.0\\.0\\.1:${port}.*analyzer\\.listen`) },
    );
  });
});
