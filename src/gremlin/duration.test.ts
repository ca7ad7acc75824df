// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.js';

for (const [text, ms] of [
  ['-90s', -90_000],
  ['-1h30m', -5_400_000],
  ['1.5s', 1500],
  ['.5m', 30_000],
  ['250ms', 250],
  ['0', 0],
  ['+2h', 7_200_000],
  ['10µs', 0.01],
] as const) {
  test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

for (const text of ['', '-', '5', 's', '1 s', '1d', 'now', '1h-5m', '99999999h']) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.equal(parseDuration(text), undefined));
}
