// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../config/address.js';
import { proxyFor } from './proxy.js';

const env = { HTTP_PROXY: 'http://proxy.example:3128' };
const rows: readonly [string, Record<string, string>, string, string | undefined][] = [
  ['no variable', {}, 'a.example:8082', undefined],
  ['HTTP_PROXY', env, 'a.example:8082', 'proxy.example:3128'],
  ['http_proxy', { http_proxy: 'proxy.example' }, 'a.example:8082', 'proxy.example:80'],
  ['the loopback address', env, '127.0.0.1:8082', undefined],
  ['localhost', env, '8082', undefined],
  ['NO_PROXY *', { ...env, NO_PROXY: '*' }, 'a.example:8082', undefined],
  ['NO_PROXY of the domain', { ...env, NO_PROXY: 'x, example' }, 'a.example:8082', undefined],
  [
    'NO_PROXY .domain does not cover the domain itself',
    { ...env, NO_PROXY: '.a.example' },
    'a.example:1',
    'proxy.example:3128',
  ],
  ['NO_PROXY of another name', { ...env, NO_PROXY: 'ample' }, 'a.example:8082', 'proxy.example:3128'],
  ['NO_PROXY with the port', { ...env, NO_PROXY: 'a.example:8082' }, 'a.example:8082', undefined],
  ['NO_PROXY with another port', { ...env, NO_PROXY: 'a.example:1' }, 'a.example:8082', 'proxy.example:3128'],
  ['NO_PROXY of a range', { ...env, NO_PROXY: '10.0.0.0/8' }, '10.1.2.3:8082', undefined],
  ['NO_PROXY of another range', { ...env, NO_PROXY: '10.0.0.0/8' }, '11.1.2.3:8082', 'proxy.example:3128'],
];

for (const [name, variables, address, expected] of rows) {
  test(`proxy with ${name}: ${expected}`, () => {
    const proxy = proxyFor('http', parseAddress(address), variables);
    assert.equal(proxy && `${proxy.host}:${proxy.port}`, expected);
  });
}

test('HTTPS_PROXY is for https, with its credentials', () => {
  const proxy = proxyFor('https', parseAddress('a.example:8082'), {
    ...env,
    HTTPS_PROXY: 'http://u:p@s.example:1',
  });
  assert.deepEqual(proxy, {
    host: 's.example',
    port: 1,
    headers: { 'Proxy-Authorization': `Basic ${Buffer.from('u:p').toString('base64')}` },
  });
});

test('an unusable proxy address is named', () => {
  assert.throws(
    () => proxyFor('http', parseAddress('a.example:1'), { HTTP_PROXY: 'http://[' }),
    /invalid proxy address/,
  );
});
