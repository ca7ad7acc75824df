// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerTo } from './pointer.js';

const long = `G.V()${'.Out()'.repeat(100)}.OtuE()${'.Out()'.repeat(100)}`;
const shownOfLong = `${'.Out()'.repeat(10)}.OtuE`.slice(-65);

const rows: readonly [string, string, string, string][] = [
  ['a word', 'G.V().OtuE()', 'error at position 6: x', 'G.V().OtuE()\n      ^~~~\n'],
  ['a string with its quotes', 'G.V("nope")', 'at position 4 is', 'G.V("nope")\n    ^~~~~~\n'],
  ['the end', 'G.V(', 'at position 4: the end', 'G.V(\n    ^\n'],
  ['the first token', 'V()', 'at position 0: x', 'V()\n^\n'],
  ['a line of several', 'G.V()\n.Nope()\n.Out()', 'at position 7: x', '.Nope()\n ^~~~\n'],
  ['a string over lines', 'G.V("a\nb")', 'at position 4: x', 'G.V("a\n    ^~\n'],
  ['tabs', '\tG.V().\tNope()', 'at position 8: x', ' G.V(). Nope()\n        ^~~~\n'],
  ['terminal controls', 'G.\u001bV', 'at position 2: x', 'G. V\n  ^\n'],
  ['a message without a position', 'G.V()', 'something else', ''],
  ['a position outside of the query', 'G.V()', 'at position 99: x', ''],
];

for (const [name, query, message, expected] of rows) {
  test(`points at ${name}`, () => {
    assert.equal(pointerTo(query, message), expected);
  });
}

test('shows of a long line what is around the token', () => {
  const position = long.indexOf('OtuE');
  const [line = '', mark = ''] = pointerTo(long, `at position ${position}: x`).split('\n');
  assert.equal(line.slice(mark.indexOf('^'), mark.length), 'OtuE');
  assert.equal(line.slice(0, mark.length), shownOfLong.slice(-mark.length));
  assert.ok(line.length <= 130, String(line.length));
});
