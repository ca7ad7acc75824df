// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, goesOn, openParentheses, type Statement } from './statement.js';

const lines: readonly [string, Statement['kind']][] = [
  ['', 'nothing'],
  ['  \t', 'nothing'],
  ['G', 'gremlin'],
  ['g', 'gremlin'],
  ['G.V()', 'gremlin'],
  ['  g.v().count()', 'gremlin'],
  ['G .V()', 'gremlin'],
  ['G V()', 'gremlin'],
  ['G(', 'gremlin'],
  ['G.V().Has("Name", "=")', 'gremlin'],
  ['G = 1', 'foreign'],
  ['g=client.G', 'foreign'],
  ['Gx.V()', 'foreign'],
  ['get()', 'foreign'],
  ['G$', 'foreign'],
  ['client.G.V().result()', 'foreign'],
  ['.V()', 'foreign'],
  ['1', 'foreign'],
  ['exit', 'leave'],
  ['quit()', 'leave'],
  ['exit;', 'leave'],
  ['exits', 'foreign'],
  ['help', 'help'],
  ['?', 'help'],
  ['help Has', 'help'],
  ['help me out', 'foreign'],
  ['helper', 'foreign'],
  ['format', 'format'],
  ['format json', 'format'],
];

for (const [line, kind] of lines) {
  test(`the line ${JSON.stringify(line)} is ${kind}`, () => {
    assert.equal(classify(line).kind, kind);
  });
}

test('a query is sent without the blanks around it, a command with its argument', () => {
  assert.deepEqual(classify('  G.V() \t'), { kind: 'gremlin', query: 'G.V()' });
  assert.deepEqual(classify('help  Has'), { kind: 'help', topic: 'Has' });
  assert.deepEqual(classify('format yaml'), { kind: 'format', name: 'yaml' });
});

const queries: readonly [query: string, open: number, goesOn: boolean][] = [
  ['G', 0, false],
  ['G.', 0, true],
  ['G.V', 0, false],
  ['G.V(', 1, true],
  ['G.V()', 0, false],
  ['G.V().Has(', 1, true],
  ['G.V().Has("Name",', 1, true],
  ['G.V().Has("Name", Regex("a', 2, true],
  ['G.V().Has("Name", Regex("a"', 2, true],
  ['G.V().Has("Name", Regex("a")', 1, true],
  ['G.V().Has("Name", Regex("(("))', 0, false],
  ['G.V().Has("a)', 1, true],
  ['G.V().Has(\'a")', 0, false],
  ['G.V())', 0, false],
  ['G.V()).Has(', 0, false],
  ['G.V().Has("a", 1.2.3', 1, true],
  ['client.G.V(', 1, false],
  ['G.V()\n.Has("a",\n"b")', 0, false],
  ['G.V("a.', 1, true],
];

for (const [query, open, more] of queries) {
  test(`${JSON.stringify(query)} has ${open} open parentheses and ${more ? 'goes on' : 'ends'}`, () => {
    assert.equal(openParentheses(query), open);
    assert.equal(goesOn(query), more);
  });
}
