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

test('Regexp reads texts of any length and alphabet, and passes over what is none', () => {
  const { Regexp } = addon();
  const long = [4089, 4090, 4091, 4092, 4093, 4094, 4095, 4096, 4097, 9000].flatMap((length) => [
    `${'a'.repeat(length)}é`,
    `${'é'.repeat(length / 2)}b`,
  ]);
  const mixed = [...long, '', 'é', 5, null, undefined] as string[];
  const expected = mixed.map((text) => (typeof text === 'string' && /é$/.test(text) ? 1 : 0));
  assert.deepEqual([...new Regexp('é$').testAll(mixed)], expected);
  assert.equal(new Regexp('^$').test(5 as unknown as string), false);
});
