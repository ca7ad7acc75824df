// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialOf } from './credential.js';

const rows: readonly [string, Record<string, string>, string, string][] = [
  ['nothing', {}, '', ''],
  ['an empty Cookie header', { cookie: '' }, '', ''],
  ['the cookie', { cookie: 'authtoken=YQ==' }, '', 'YQ=='],
  ['the cookie with the trailing separator of Go clients', { cookie: 'authtoken=YQ==; ' }, '', 'YQ=='],
  ['the cookie among others', { cookie: 'a=b; authtoken=YQ==; permissions=x' }, '', 'YQ=='],
  ['a quoted cookie', { cookie: 'authtoken="Basic YQ=="' }, '', 'Basic YQ=='],
  ['the cookie before Authorization', { cookie: 'authtoken=c', authorization: 'Basic a' }, '', 'c'],
  ['Authorization, raw', { authorization: 'Basic a' }, '', 'Basic a'],
  ['Authorization before X-Auth-Token', { authorization: 'a', 'x-auth-token': 't' }, '', 'a'],
  ['X-Auth-Token', { 'x-auth-token': 't' }, 'x-auth-token=q', 't'],
  ['the query parameter', {}, 'x-auth-token=q', 'q'],
];

for (const [name, headers, query, expected] of rows) {
  test(`credential: ${name}`, () => {
    assert.equal(credentialOf(headers, new URLSearchParams(query)), expected);
  });
}
