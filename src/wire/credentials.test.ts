// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { type Credentials, credentialHeaders } from './credentials.js';

const rows: readonly [string, Credentials, Record<string, string>][] = [
  ['nothing', {}, { Cookie: '' }],
  ['a token', { token: 'abc', username: 'u', password: 'p' }, { Cookie: 'authtoken=abc; ' }],
  ['a user', { username: 'u', password: 'p:w' }, { Cookie: '', Authorization: 'Basic dTpwOnc=' }],
  ['cookies', { token: 't', cookies: { a: '1', b: '2' } }, { Cookie: 'authtoken=t; a=1; b=2; ' }],
];
for (const [name, given, headers] of rows) {
  test(`credentials: ${name}`, () => assert.deepEqual(credentialHeaders(given), headers));
}
