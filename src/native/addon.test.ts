// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addon } from './addon.js';

test('Regexp searches unanchored, with RE2 syntax', () => {
  const { Regexp } = addon();
  assert.equal(new Regexp('eth.*7').test('xeth17'), true);
  assert.equal(new Regexp('^eth$').test('eth0'), false);
  assert.deepEqual([...new Regexp('^a').testAll(['ab', 'ba', 'a'])], [1, 0, 1]);
});

test('Regexp names what is wrong with a pattern', () => {
  const { Regexp } = addon();
  assert.throws(() => new Regexp('a('), /missing \)/);
  assert.throws(() => new Regexp('(?=a)'), /invalid perl operator/);
});
