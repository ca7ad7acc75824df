// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetadata } from './metadata.js';
import { metadataPatch } from './metadata-patch.js';

const rows: readonly [string, unknown][] = [
  ['', {}],
  ['a=1', { a: '1' }],
  ['a=1, b=true', { a: '1', b: 'true' }],
  ['a.b=1,a.c=2', { a: { b: '1', c: '2' } }],
  ['a="x y"', { a: 'x y' }],
  ['a=', { a: '' }],
];

for (const [text, expected] of rows) {
  test(`metadata ${text || 'of nothing'}`, () => {
    assert.deepEqual(parseMetadata(text), expected);
  });
}

for (const text of ['a', 'a=b=c', 'a=1,', '=1=']) {
  test(`metadata ${text} are refused`, () => {
    assert.throws(() => parseMetadata(text), /metadata should be of the form k1=v1, k2=v2, got a|got =/);
  });
}

test('a patch adds JSON where it can be read so, and removes', () => {
  assert.deepEqual(metadataPatch(['a=1', 'b=x', 'c={"d":[true]}', 'e/f="g"'], ['h', 'i/j']), [
    { op: 'add', path: '/Metadata/a', value: 1 },
    { op: 'add', path: '/Metadata/b', value: 'x' },
    { op: 'add', path: '/Metadata/c', value: { d: [true] } },
    { op: 'add', path: '/Metadata/e.f', value: 'g' },
    { op: 'remove', path: '/Metadata/h' },
    { op: 'remove', path: '/Metadata/i.j' },
  ]);
});

test('a patch to add without = is refused', () => {
  assert.throws(() => metadataPatch(['a'], []), /metadata to add should be of the form k1=v1, got a/);
});
