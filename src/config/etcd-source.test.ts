// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { readEtcd } from './etcd-source.js';
import { loadConfig } from './load.js';

async function withServer(listener: RequestListener, run: (base: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('the value of a v2 key is the configuration, options and variables still beat it', async () => {
  const asked: string[] = [];
  await withServer(
    (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
      const value = 'host_id: from-etcd\nflow:\n  update: 7\n';
      response.end(
        JSON.stringify({ action: 'get', node: { key: '/skydive/conf', value, modifiedIndex: 4 } }),
      );
    },
    async (base) => {
      const rooms = [
        [
          { key: 'host_id', type: 'string', default: 'x', doc: '' },
          { key: 'flow.update', type: 'int', default: 60, doc: '' },
        ],
      ] as const;
      const location = `${base.replace('//', '//bob:p%40ss@')}/skydive/conf`;
      const { config } = await loadConfig({
        files: [location],
        backend: 'etcd',
        env: { SKYDIVE_FLOW_UPDATE: '8' },
        options: {},
        rooms,
      });
      assert.equal(config.get('host_id'), 'from-etcd');
      assert.equal(config.get('flow.update'), 8);
    },
  );
  const credentials = Buffer.from('bob:p@ss').toString('base64');
  assert.deepEqual(asked, [`GET /v2/keys/skydive/conf Basic ${credentials}`]);
});

const refusals: [name: string, status: number, body: string, want: RegExp][] = [
  [
    'a key that is not there',
    404,
    '{"errorCode":100,"message":"Key not found","cause":"/a"}',
    /etcd answered 404: Key not found \(\/a\)$/,
  ],
  ['a folder', 200, '{"node":{"dir":true,"key":"/a"}}', /it is a folder; name a key$/],
  ['an answer without a value', 200, '{"x":1}', /has no value; is API v2 on\?$/],
  ['an answer that is no JSON', 200, '<html>', /no JSON; is it an etcd server with API v2\?$/],
  ['an error that is no JSON', 500, 'oops\nmore', /etcd answered 500: oops$/],
];
for (const [name, status, body, want] of refusals) {
  test(`refuses ${name}, without the password of the URL`, async () => {
    await withServer(
      (_, response) => {
        response.statusCode = status;
        response.end(body);
      },
      async (base) => {
        await assert.rejects(readEtcd(`${base.replace('//', '//bob:hush@')}/a`, 5000), (error: Error) => {
          assert.match(error.message, want);
          assert.match(error.message, /^cannot read configuration http:\/\/127\.0\.0\.1:\d+\/a: /);
          return true;
        });
      },
    );
  });
}

test('a server that does not answer is given up', async () => {
  await withServer(
    () => {},
    async (base) => {
      await assert.rejects(readEtcd(`${base}/a`, 50), /cannot read configuration .*timeout/i);
    },
  );
});

test('nobody listening is said so', async () => {
  await assert.rejects(
    readEtcd('http://127.0.0.1:20201/a', 5000),
    /ECONNREFUSED.*check that etcd listens there$/,
  );
});

test('a URL without a key and one of another scheme are refused', async () => {
  await assert.rejects(readEtcd('http://127.0.0.1:1', 5000), /the key is missing/);
  await assert.rejects(readEtcd('ftp://127.0.0.1/a', 5000), /must be an http or https URL/);
});

test('an endless answer is cut', async () => {
  await withServer(
    (_, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    },
    async (base) => {
      await assert.rejects(readEtcd(`${base}/a`, 10_000), /the answer is larger than/);
    },
  );
});
