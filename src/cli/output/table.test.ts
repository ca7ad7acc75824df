// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOf } from './table.js';

const node = {
  ID: 'n1',
  Metadata: { Name: 'lo', Type: 'device', IPV4: ['127.0.0.1/8', '10.0.0.1/24'] },
  Host: 'h',
};
const edge = { ID: 'e1', Metadata: { RelationType: 'layer2' }, Host: 'h', Parent: 'a', Child: 'b' };

const rows: readonly [string, unknown, string][] = [
  ['a number', 6, '6\n'],
  ['an empty list', [], ''],
  ['values', ['lo', 5, null], 'lo\n5\n\n'],
  [
    'nodes',
    [node],
    'ID  TYPE    NAME  STATE  IPV4                     HOST\n' +
      'n1  device  lo           127.0.0.1/8,10.0.0.1/24  h\n',
  ],
  ['edges', [edge], 'ID  RELATIONTYPE  PARENT  CHILD  HOST\ne1  layer2        a       b      h\n'],
  [
    'a graph',
    [{ Nodes: [{ ...node, Metadata: {} }], Edges: null }],
    'ID  TYPE  NAME  STATE  IPV4  HOST\nn1                           h\n\n',
  ],
  ['a map of objects', { a: { B: 1 }, c: { B: 2 } }, 'KEY  B\na    1\nc    2\n'],
  ['lists by key', { a: [1] }, 'a\n1\n'],
  ['an object', { Host: 'an1', Status: { a: 1 } }, 'Host: an1\nStatus: {"a":1}\n'],
  ['terminal controls', ['a\u001b[31m\nb'], 'a [31m b\n'],
];

for (const [name, value, expected] of rows) {
  test(`table of ${name}`, () => {
    assert.equal(tableOf(value), expected);
  });
}
