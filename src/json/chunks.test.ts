// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonChunks } from './chunks.js';
import { encodeJson } from './encode.js';

test('the characters that end a script or a line are escaped', () => {
  assert.equal(encodeJson({ '<a>': 'b & c\u2028' }), '{"\\u003ca\\u003e":"b \\u0026 c\\u2028"}');
});

test('the chunks make the text of the whole', () => {
  const long = fc.array(fc.jsonValue(), { minLength: 60, maxLength: 80 });
  const value = fc.oneof(fc.jsonValue(), long, fc.dictionary(fc.string(), long), fc.array(long));
  fc.assert(
    fc.property(value, (given) => {
      assert.equal([...jsonChunks(given)].join(''), encodeJson(given));
    }),
    { numRuns: 30 },
  );
});

test('a long list comes in several chunks of bounded size', () => {
  const chunks = [
    ...jsonChunks([{ Nodes: Array.from({ length: 10_000 }, (_, index) => ({ ID: `${index}` })) }]),
  ];
  assert.ok(chunks.length > 3);
  assert.ok(Math.max(...chunks.map((chunk) => chunk.length)) < 64 * 1024);
});

test('members without a value are left out, values with toJSON give it', () => {
  const value = { a: undefined, when: new Date(0), list: Array.from({ length: 100 }, () => undefined) };
  assert.equal([...jsonChunks(value)].join(''), JSON.stringify(value));
});
