// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toInteger } from './cast.js';
import type { MetadataValue } from './element.js';
import {
  booleanField,
  field,
  integerField,
  rawField,
  stringField,
  stringListField,
  unsetTime,
} from './field.js';
import { makeEdge, makeNode } from './revision.js';

const casts: readonly [MetadataValue | undefined, number | undefined][] = [
  [5, 5],
  [1.9, 1],
  [-1.9, -1],
  [-0.5, 0],
  [true, 1],
  [false, 0],
  [null, 0],
  ['12', 12],
  ['-12', -12],
  ['+12', 12],
  ['0x1f', 31],
  ['0X1F', 31],
  ['-0x10', -16],
  ['0b101', 5],
  ['0o17', 15],
  ['017', 15],
  ['1_000', 1000],
  ['0x_ff', 255],
  ['0', 0],
  ['12.000', 12],
  ['08', undefined],
  ['0x', undefined],
  ['1__0', undefined],
  ['1_', undefined],
  ['_1', undefined],
  ['12.5', undefined],
  ['1e3', undefined],
  ['', undefined],
  [' 1', undefined],
  ['x', undefined],
  ['9223372036854775808', undefined],
  ['-9223372036854775808', -(2 ** 63)],
  [[1], undefined],
  [{}, undefined],
  [undefined, undefined],
];

for (const [value, expected] of casts) {
  test(`cast ${JSON.stringify(value)}`, () => assert.equal(toInteger(value), expected));
}

const node = makeNode(
  'n',
  {
    Name: 'x',
    Up: true,
    Load: 0.75,
    Speed: '1000',
    Nil: null,
    Deep: { Key: 1 },
    Tags: ['a', 'b'],
    Mixed: ['a', 1],
    Parent: 'meta',
  },
  'h',
  'agent.h',
  10,
  20,
  null,
  3,
);
const edge = makeEdge('e', { RelationType: 'layer2' }, 'h', 'agent.h', 10, 20, 30, 1, 'p', 'c');

type Readings = readonly [
  raw: MetadataValue | undefined,
  integer: number | undefined,
  text: string | undefined,
  boolean: boolean | undefined,
  generic: MetadataValue | undefined,
];

const none = undefined;
const nodeFields: readonly [string, Readings][] = [
  ['@ID', ['n', none, 'n', none, 'n']],
  ['@Host', ['h', none, 'h', none, 'h']],
  ['@Origin', ['agent.h', none, 'agent.h', none, 'agent.h']],
  ['@CreatedAt', [10, 10, none, none, 10]],
  ['@UpdatedAt', [20, 20, none, none, 20]],
  ['@DeletedAt', [unsetTime, unsetTime, none, none, unsetTime]],
  ['@Revision', [3, 3, none, none, 3]],
  ['@Unknown', [none, none, none, none, none]],
  ['Name', ['x', none, 'x', none, 'x']],
  ['Metadata.Name', ['x', none, 'x', none, 'x']],
  ['Metadata.Deep.Key', [1, 1, none, none, 1]],
  ['Up', [true, 1, none, true, 1]],
  ['Load', [0.75, 0, none, none, 0]],
  ['Speed', ['1000', 1000, '1000', none, 1000]],
  ['Nil', [null, 0, none, none, 0]],
  ['Tags', [['a', 'b'], none, none, none, ['a', 'b']]],
  ['Missing', [none, none, none, none, none]],
];

for (const [key, [raw, integer, text, boolean, generic]] of nodeFields) {
  test(`readings of ${key}`, () => {
    assert.deepEqual(rawField(node, key), raw);
    assert.equal(integerField(node, key), integer);
    assert.equal(stringField(node, key), text);
    assert.equal(booleanField(node, key), boolean);
    assert.deepEqual(field(node, key), generic);
  });
}

test('the ends of an edge are seen by the string reading only', () => {
  assert.equal(stringField(edge, 'Parent'), 'p');
  assert.equal(stringField(edge, 'Child'), 'c');
  assert.equal(field(edge, 'Parent'), undefined);
  assert.equal(rawField(edge, '@DeletedAt'), 30);
  assert.equal(stringField(node, 'Parent'), 'meta');
});

test('a string list is an array of strings only', () => {
  assert.deepEqual(stringListField(node, 'Tags'), ['a', 'b']);
  assert.equal(stringListField(node, 'Mixed'), undefined);
  assert.equal(stringListField(node, 'Name'), undefined);
});
