// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress } from './address.js';
import { analyzerAddresses, etcdEndpoints } from './analyzers.js';
import type { ConfigValue } from './key.js';
import { loadConfig } from './load.js';

const sound: [text: string, host: string, port: number][] = [
  ['8082', 'localhost', 8082],
  [':8082', 'localhost', 8082],
  ['host:8082', 'host', 8082],
  ['127.0.0.1:8082', '127.0.0.1', 8082],
  ['analyzer.example.org:8082', 'analyzer.example.org', 8082],
  ['[::1]:8082', '::1', 8082],
  ['[fe80::1%eth0]:8082', 'fe80::1%eth0', 8082],
  ['[::]:0', '::', 0],
  ['host:http', 'host', 80],
  ['https', 'localhost', 443],
  [' host:1 ', 'host', 1],
];
for (const [text, host, port] of sound) {
  test(`${JSON.stringify(text)} is port ${port} of ${host}`, () => {
    assert.deepEqual(parseAddress(text), { host, port });
    assert.deepEqual(parseAddress(formatAddress({ host, port })), { host, port });
  });
}

const refused: [text: string, why: RegExp][] = [
  ['', /no port/],
  ['host.example.org', /the port is missing/],
  ['host:', /not host:port/],
  ['::1', /needs brackets: \[::1\]:8082/],
  ['a:b:c', /needs brackets/],
  ['host:65536', /at most 65535/],
  ['host:no-such-service', /unknown port no-such-service/],
  ['host', /unknown port host/],
  ['[::1]', /needs brackets|not host:port/],
  ['http://host:8082', /needs brackets|not host:port/],
];
for (const [text, why] of refused) {
  test(`${JSON.stringify(text)} is no address`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'SKY_E_ADDRESS');
        assert.match(error.message, why);
        assert.ok(error.message.startsWith(`invalid service address "${text}": `), error.message);
        return true;
      },
    );
  });
}

async function configOf(options: Record<string, ConfigValue>) {
  const rooms = [
    [
      { key: 'analyzers', type: 'list', doc: '' },
      { key: 'etcd.servers', type: 'list', doc: '' },
      { key: 'etcd.embedded', type: 'bool', default: true, doc: '' },
      { key: 'etcd.listen', type: 'string', default: '127.0.0.1:12379', doc: '' },
    ],
  ] as const;
  return (await loadConfig({ files: [], env: {}, options, rooms, defaultFile: '/nowhere' })).config;
}

test('analyzers come in every order, none lost', async () => {
  const config = await configOf({ analyzers: ['a:1', 'b:2', 'c:3'] });
  const orders = new Set<string>();
  for (const first of [0, 0.4, 0.8]) {
    for (const second of [0, 0.6]) {
      const rolls = [first, second];
      const order = analyzerAddresses(config, () => rolls.shift()!);
      assert.equal(order.length, 3);
      orders.add(order.map(({ host }) => host).join(''));
    }
  }
  assert.deepEqual([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  assert.deepEqual(analyzerAddresses(await configOf({})), []);
});

const endpoints: [name: string, options: Record<string, ConfigValue>, want: string[]][] = [
  [
    'etcd.servers as they are',
    { 'etcd.servers': ['http://e1:2379', 'http://e2:2379'], analyzers: ['a:1'] },
    ['http://e1:2379', 'http://e2:2379'],
  ],
  ['this host without analyzers', {}, ['http://127.0.0.1:12379']],
  [
    'an analyzer with the port of etcd.listen',
    { analyzers: ['a:1'], 'etcd.listen': ':2222' },
    ['http://a:2222'],
  ],
  [
    'port 12379 when it is not embedded',
    { analyzers: ['a:1'], 'etcd.listen': ':2222', 'etcd.embedded': false },
    ['http://a:12379'],
  ],
  ['brackets for IPv6', { analyzers: ['[::1]:1'] }, ['http://[::1]:12379']],
];
for (const [name, options, want] of endpoints) {
  test(`etcd endpoints: ${name}`, async () => {
    assert.deepEqual(
      etcdEndpoints(await configOf(options), () => 0),
      want,
    );
  });
}
