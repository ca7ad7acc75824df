// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preflightAnswer } from './cors.js';

const origin = { origin: 'http://x.example' };
const any = { 'Access-Control-Allow-Origin': '*' };

function ask(method?: string, headers?: string) {
  return {
    ...origin,
    ...(method === undefined ? {} : { 'access-control-request-method': method }),
    ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
  };
}

const rows: readonly [string, Record<string, string>, number, Record<string, string> | undefined][] = [
  ['without Origin', {}, 200, undefined],
  ['without the method asked for', ask(), 400, undefined],
  ['for POST', ask('POST'), 200, any],
  ['for DELETE', ask('DELETE'), 200, { ...any, 'Access-Control-Allow-Methods': 'DELETE' }],
  ['for PUT', ask('PUT'), 200, { ...any, 'Access-Control-Allow-Methods': 'PUT' }],
  ['for PATCH', ask('PATCH'), 405, undefined],
  [
    'with Content-Type',
    ask('POST', 'content-type'),
    200,
    { ...any, 'Access-Control-Allow-Headers': 'Content-Type' },
  ],
  [
    'with two headers and a safelisted one',
    ask('GET', 'x-auth-token, Accept,authorization'),
    200,
    { ...any, 'Access-Control-Allow-Headers': 'X-Auth-Token,Authorization' },
  ],
  ['with X-Resource-TTL', ask('POST', 'X-Resource-TTL'), 403, undefined],
];

for (const [name, headers, status, expected] of rows) {
  test(`pre-flight ${name} is ${status}`, () => {
    const answer = preflightAnswer(headers);
    assert.equal(answer.status, status);
    assert.deepEqual(answer.headers, expected);
    assert.equal(answer.body, undefined);
  });
}
