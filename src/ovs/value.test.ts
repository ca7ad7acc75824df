// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapOf, numberMapOf, numbersOf, referencesOf, setOf, textMapOf, textOf, textsOf } from './value.js';

for (const [name, read, value, expected] of [
  ['a text', textsOf, 'a', ['a']],
  ['an empty set', textsOf, ['set', []], []],
  ['a set of texts', textsOf, ['set', ['a', 'b']], ['a', 'b']],
  ['nothing', textsOf, undefined, []],
  ['a number', numbersOf, 4, [4]],
  ['a set of numbers', numbersOf, ['set', [4, 5]], [4, 5]],
  ['no number', numbersOf, ['set', []], []],
  ['a reference', referencesOf, ['uuid', 'u1'], ['u1']],
  [
    'references',
    referencesOf,
    [
      'set',
      [
        ['uuid', 'u1'],
        ['uuid', 'u2'],
      ],
    ],
    ['u1', 'u2'],
  ],
  ['no reference', referencesOf, ['set', []], []],
  ['a text of an optional column', textOf, ['set', []], ''],
] as const) {
  test(`${name} is read`, () => {
    assert.deepEqual((read as (value: unknown) => unknown)(value), expected);
  });
}

test('maps are read by the type of their values', () => {
  const mixed = [
    'map',
    [
      ['a', '1'],
      ['b', 2],
      ['__proto__', 'x'],
    ],
  ];
  assert.deepEqual(
    [...textMapOf(mixed)],
    [
      ['a', '1'],
      ['__proto__', 'x'],
    ],
  );
  assert.deepEqual([...numberMapOf(mixed)], [['b', 2]]);
  assert.equal(textMapOf(['set', []]).size, 0);
});

test('what is written is read again', () => {
  assert.deepEqual([...textMapOf(mapOf({ a: '1' }))], [['a', '1']]);
  assert.deepEqual(textsOf(setOf(['a', 'b'])), ['a', 'b']);
});
