// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIndenter } from './indent.js';

const rows: readonly [string, string][] = [
  ['[]\n', '[]\n'],
  ['{}\n', '{}\n'],
  ['6\n', '6\n'],
  ['  [ ]', '[]'],
  ['[{"a":1,"b":[]},{}]\n', '[\n\t{\n\t\t"a": 1,\n\t\t"b": []\n\t},\n\t{}\n]\n'],
  ['["a\\"],b:{", "\\\\"]', '[\n\t"a\\"],b:{",\n\t"\\\\"\n]'],
  ['[12345678901234567890, 1.0]', '[\n\t12345678901234567890,\n\t1.0\n]'],
  ['{"a":"\\u003c"}', '{\n\t"a": "\\u003c"\n}'],
  ['[[[]]]', '[\n\t[\n\t\t[]\n\t]\n]'],
];

for (const [text, expected] of rows) {
  test(`${JSON.stringify(text)} is laid out`, () => {
    assert.equal(createIndenter('\t')(text), expected);
  });
}

test('any JSON value is laid out as JSON.stringify does, wherever the text is cut', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 7 }), (value, size) => {
      const text = JSON.stringify(value);
      const indenter = createIndenter('  ');
      let out = '';
      for (let at = 0; at < text.length; at += size) out += indenter(text.slice(at, at + size));
      assert.equal(out, JSON.stringify(value, null, 2));
    }),
  );
});
