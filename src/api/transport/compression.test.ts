// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedEncoding } from './compression.js';

const rows: readonly [string | undefined, string | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['br', undefined],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['deflate', 'deflate'],
  ['deflate, gzip', 'deflate'],
  ['br;q=1.0, gzip;q=0.5', 'gzip'],
  ['gzip;q=0, deflate', 'deflate'],
  ['gzip;q=0.000', undefined],
];

for (const [header, expected] of rows) {
  test(`Accept-Encoding ${header} gives ${expected}`, () => {
    assert.equal(acceptedEncoding(header), expected);
  });
}
