// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../gremlin/duration.js';
import { goDuration } from './go-duration.js';

const rows: [ms: number, text: string][] = [
  [0, '0s'],
  [1, '1ms'],
  [999, '999ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [59_999, '59.999s'],
  [60_000, '1m0s'],
  [90_010, '1m30.01s'],
  [3_600_000, '1h0m0s'],
  [90_061_001, '25h1m1.001s'],
];

test('durations are written as Go does, and read back as they were', () => {
  for (const [ms, text] of rows) {
    assert.equal(goDuration(ms), text);
    assert.equal(parseDuration(text), ms);
  }
});
