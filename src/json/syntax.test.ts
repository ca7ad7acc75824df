// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfText, syntaxFault } from './syntax.js';

const rows: readonly [string, string | typeof endOfText | undefined][] = [
  ['', endOfText],
  ['{', endOfText],
  ['{"a"', endOfText],
  ['{"a":', endOfText],
  ['[1,', endOfText],
  ['"a', endOfText],
  ['tru', endOfText],
  ['-', endOfText],
  ['nope', "invalid character 'o' in literal null (expecting 'u')"],
  ['{a}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ['1 2', "invalid character '2' after top-level value"],
  ['01', "invalid character '1' after top-level value"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  [' {"a": [1, -0.5e+3, {}, [], "\\u00e9"]} ', undefined],
];

for (const [text, expected] of rows) {
  test(`${JSON.stringify(text)}: ${String(expected)}`, () => {
    assert.equal(syntaxFault(text), expected);
  });
}

test('finds a fault exactly where JSON.parse does', () => {
  const cut = fc
    .tuple(fc.json(), fc.nat(60), fc.constantFrom('', ',', '}', ']', '"', 'x', '1', '\\', ':', '{'))
    .map(([text, at, inserted]) => text.slice(0, at) + inserted + text.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(fc.json(), cut), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      assert.equal(syntaxFault(text) === undefined, valid);
    }),
    { numRuns: 500 },
  );
});

test('a text that nests deeper than any stack is walked over', () => {
  assert.equal(syntaxFault('['.repeat(1_000_000)), endOfText);
});
