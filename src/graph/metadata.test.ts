// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetadataMap, MetadataValue } from './element.js';
import { deletePath, getPath, normalise, parseDefinition, pathsOf, sameValue, setPath } from './metadata.js';

const map: MetadataMap = {
  Name: 'x',
  Nil: null,
  Deep: { Key: 1, Inner: { Leaf: true } },
  List: [{ A: 1, B: { C: 'c' } }, { A: 2 }, 'scalar', { D: [{ A: 3 }, { A: 4 }] }],
};

const reads: readonly [string, MetadataValue | undefined][] = [
  ['Name', 'x'],
  ['Nil', null],
  ['Missing', undefined],
  ['Deep.Key', 1],
  ['Deep.Inner', { Leaf: true }],
  ['Deep.Inner.Leaf', true],
  ['Deep.Missing.Leaf', undefined],
  ['Name.x', undefined],
  ['Deep.Key.x', undefined],
  ['Nil.x', undefined],
  ['List', map['List']],
  ['List.A', [1, 2]],
  ['List.B.C', ['c']],
  ['List.Missing', []],
  ['List.D.A', [[3, 4]]],
  ['constructor', undefined],
  ['toString.length', undefined],
  ['__proto__', undefined],
  ['__proto__.x', undefined],
  ['', undefined],
];

for (const [path, expected] of reads) {
  test(`get ${path || '(empty path)'}`, () => assert.deepEqual(getPath(map, path), expected));
}

const sets: readonly [string, MetadataValue, MetadataMap | undefined][] = [
  ['Name', 'y', { ...map, Name: 'y' }],
  ['New', [1], { ...map, New: [1] }],
  ['A.B.C', 1, { ...map, A: { B: { C: 1 } } }],
  ['Deep.New', 2, { ...map, Deep: { Key: 1, Inner: { Leaf: true }, New: 2 } }],
  ['Deep.Key', { X: 1 }, { ...map, Deep: { Key: { X: 1 }, Inner: { Leaf: true } } }],
  ['Name.x', 1, undefined],
  ['List.A', 1, undefined],
  ['Deep.Key.x', 1, undefined],
  ['Nil.x', 1, undefined],
  ['__proto__', 1, undefined],
  ['__proto__.x', 1, undefined],
];

for (const [path, value, expected] of sets) {
  test(`set ${path} = ${JSON.stringify(value)}`, () => {
    const before = structuredClone(map);
    assert.deepEqual(setPath(map, path, value), expected);
    assert.deepEqual(map, before);
  });
}

const deletes: readonly [string, MetadataMap, MetadataMap | undefined][] = [
  ['A', { A: 1, B: 2 }, { B: 2 }],
  ['A.B', { A: { B: 1, C: 2 } }, { A: { C: 2 } }],
  ['A.B.C', { A: { B: { C: 1 } }, D: 1 }, { D: 1 }],
  ['A.B.C', { A: { B: { C: 1 }, D: 1 } }, { A: { D: 1 } }],
  ['A.B', { A: { C: 1 } }, undefined],
  ['A.B', { A: 1 }, undefined],
  ['A.B', { A: [{ B: 1 }] }, undefined],
  ['B', { A: 1 }, undefined],
  ['toString', {}, undefined],
];

for (const [path, given, expected] of deletes) {
  test(`delete ${path} of ${JSON.stringify(given)}`, () => {
    const before = structuredClone(given);
    assert.deepEqual(deletePath(given, path), expected);
    assert.deepEqual(given, before);
  });
}

test('the keys of a map are all its paths, intermediate ones too', () => {
  assert.deepEqual(pathsOf(map), [
    'Name',
    'Nil',
    'Deep',
    'Deep.Key',
    'Deep.Inner',
    'Deep.Inner.Leaf',
    'List',
  ]);
});

const imports: readonly [unknown, MetadataValue][] = [
  [{ 'a.b': 1 }, { a: { b: 1 } }],
  [{ a: 'x', 'a.b': 1 }, { a: 'x' }],
  [{ 'a.b': 1, a: 'x' }, { a: 'x' }],
  [{ a: null }, { a: '' }],
  [
    [{ 'a.b': null }, undefined],
    [{ a: { b: '' } }, ''],
  ],
  [new Map([['k.v', true]]), { k: { v: true } }],
  [12n, 12],
];

for (const [given, expected] of imports) {
  test(`import ${typeof given === 'bigint' ? given : JSON.stringify(given)} ${given instanceof Map ? '(Map)' : ''}`, () => {
    assert.deepEqual(normalise(given), expected);
  });
}

const definitions: readonly [string, MetadataMap | undefined][] = [
  ['k=v', { k: 'v' }],
  [' a.b = "x y" , c=1', { a: { b: 'x y' }, c: '1' }],
  ['k', undefined],
  ['k=v=w', undefined],
  ['', undefined],
  ['a=1,', undefined],
];

for (const [text, expected] of definitions) {
  test(`definition "${text}"`, () => assert.deepEqual(parseDefinition(text), expected));
}

const key = fc.constantFrom('a', 'b', 'c');
const path = fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => keys.join('.'));
const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null));
const maps = fc.array(fc.tuple(path, value), { maxLength: 6 }).map((sets) => {
  let built: MetadataMap = {};
  for (const [each, leaf] of sets) built = setPath(built, each, leaf) ?? built;
  return built;
});

test('what is set is read back, and deleting it leaves no empty map behind', () => {
  fc.assert(
    fc.property(maps, path, value, (given, at, leaf) => {
      const set = setPath(given, at, leaf);
      if (set === undefined) return;
      assert.deepEqual(getPath(set, at), leaf);
      const deleted = deletePath(set, at)!;
      assert.equal(getPath(deleted, at), undefined);
      assert.ok(!pathsOf(deleted).some((each) => sameValue(getPath(deleted, each), {})));
      assert.ok(sameValue(deletePath(given, at) ?? given, deleted));
    }),
  );
});

test('equality is deep and does not mind the order of keys', () => {
  assert.ok(sameValue({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }));
  assert.ok(!sameValue({ a: 1 }, { a: '1' }));
  assert.ok(!sameValue({ a: 1 }, { b: 1 }));
  assert.ok(!sameValue([1], { 0: 1 }));
  assert.ok(!sameValue([1, 2], [1]));
  assert.ok(!sameValue(null, {}));
});
