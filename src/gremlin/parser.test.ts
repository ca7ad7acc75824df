// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GremlinError } from './error.js';
import { parseQuery } from './query.js';

function refusal(query: string): GremlinError {
  try {
    parseQuery(query);
  } catch (error) {
    assert.ok(error instanceof GremlinError, String(error));
    return error;
  }
  assert.fail(`${query} was not refused`);
}

test('an unknown step is shown with its position and the nearest step', () => {
  const { finding, message, code } = refusal('G.V().OtuE()');
  assert.equal(code, 'SKY_E_GREMLIN_SYNTAX');
  assert.deepEqual(finding, { position: 6, found: '`OtuE`', expected: 'a step', suggestion: 'OutE' });
  assert.equal(message, 'Expected step function, got: OtuE at position 6; did you mean `OutE`?');
});

test('a predicate in place of a step is said to be one', () => {
  assert.match(refusal('G.V().Within("a")').message, /this is a predicate/);
});

test('a bare word as parameter says that texts go in quotes', () => {
  const { finding } = refusal('G.V().Has("Name",Regx("a"))');
  assert.equal(finding?.suggestion, 'Regex');
  assert.match(finding?.expected ?? '', /in quotes/);
});

test('an unclosed step names the step', () => {
  assert.match(refusal('G.V().Has("Name"').message, /the end of the query.*`\)` to close Has/);
});

// The original's words, recorded, which clients may look for; the rest is ours.
const known: readonly (readonly [query: string, words: string, rest: string])[] = [
  [
    'G.V(',
    'Expected right parenthesis',
    ' at position 4: found the end of the query, expected `)` to close V',
  ],
  ['G.V().Nope()', 'Expected step function, got: Nope', ' at position 6; did you mean `Node`?'],
  ['hello', 'found "hello", expected `G`', ' at position 0'],
  ['', 'found "", expected `G`', ' at position 0'],
];

for (const [query, words, rest] of known) {
  test(`the message about ${JSON.stringify(query)} begins as in the original`, () => {
    assert.equal(refusal(query).message, words + rest);
  });
}

test('control characters are named, not repeated', () => {
  assert.match(refusal('G.V()\r.Count()').message, /at position 5: found `U\+000D`/);
});

test('predicates nested beyond reason are refused, not recursed into', () => {
  const deep = 100_000;
  assert.equal(refusal(`G.V().Has("a",${'NE('.repeat(deep)}1${')'.repeat(deep)})`).category, 'P-PRED');
});

test('a text beyond reason is refused unread', () => {
  assert.match(refusal(`G.V("${'x'.repeat(2 ** 20)}")`).message, /characters/);
});

test('a thousand steps parse', () => {
  assert.equal(parseQuery(`G.V()${'.Out()'.repeat(1000)}`).steps.length, 1002);
});

test('U+0000 ends the input, even within a string', () => {
  assert.deepEqual(parseQuery('G.V()\0.Nope(').steps, ['G', 'V()']);
  assert.equal(refusal('G.V("a\0")').category, 'P-RP');
});

test('other white space than blank, tab and line feed is refused', () => {
  assert.equal(refusal('G.\u00a0V()').category, 'P-STEP');
});

test('integers beyond 63 bits are floats', () => {
  assert.deepEqual(parseQuery('G.V().Has("a",9223372036854775807)').steps.length, 3);
  assert.equal(refusal('G.V().Has("a",1.2.3)').finding?.position, 14);
});
