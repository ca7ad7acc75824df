// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { JsonCursor } from './cursor.js';
import { jsonListChunks } from './list-chunks.js';

function cursor(text: string): JsonCursor {
  return new JsonCursor(Buffer.from(text));
}

test('steps over any JSON value to exactly its end', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n,', ',1', ']', '}'), (json, rest) => {
      const at = cursor(` ${json}${rest}`);
      at.skip();
      assert.equal(at.at, 1 + Buffer.byteLength(json));
    }),
  );
});

test('decodes the members that are asked for and steps over the others', () => {
  const at = cursor('{"a": [1, {"x": "}\\""}], "b": {"c": null}, "d":"é" }');
  const seen: [string, unknown][] = [];
  assert.ok(at.enterObject());
  for (let key = at.nextKey(true); key !== undefined; key = at.nextKey(false)) {
    if (key === 'a') at.skip();
    else seen.push([key, at.value()]);
  }
  at.finish();
  assert.deepEqual(seen, [
    ['b', { c: null }],
    ['d', 'é'],
  ]);
});

test('walks the items of an array', () => {
  const at = cursor('[1, "two" ,[3],{}]');
  const items: unknown[] = [];
  assert.ok(at.enterArray());
  for (let first = true; at.nextItem(first); first = false) items.push(at.value());
  assert.deepEqual(items, [1, 'two', [3], {}]);
  assert.equal(cursor('null').enterArray(), false);
});

test('refuses what is not JSON, naming the byte', () => {
  for (const text of ['', ',', '{"a"', '[1', '"x', '{"a":1']) {
    assert.throws(() => cursor(text).skip(), /at byte/, text);
  }
  const object = cursor('{a:1}');
  object.enterObject();
  assert.throws(() => object.nextKey(true), /a key is missing at byte 1/);
  const array = cursor('[1 2]');
  array.enterArray();
  array.nextItem(true);
  array.value();
  assert.throws(() => array.nextItem(false), /',' is missing at byte 3/);
});

test('a long value is stepped over in slices', () => {
  const text = JSON.stringify(Array.from({ length: 1000 }, (_, n) => ({ n })));
  const at = cursor(text);
  let slices = 0;
  for (const _ of at.skipSliced(1000)) slices++;
  assert.equal(at.at, text.length);
  assert.equal(slices, Math.floor(text.length / 1000));
});

test('a list encoded in chunks is the list', () => {
  for (const count of [0, 1, 2, 5000]) {
    const items = Array.from({ length: count }, (_, n) => ({ n, text: 'é"' }));
    const text = [...jsonListChunks('{"a":[', items, (item) => JSON.stringify(item), ']}')];
    assert.deepEqual(JSON.parse(text.join('')), { a: items });
    assert.ok(text.every((chunk) => chunk.length < 33_000));
  }
});
