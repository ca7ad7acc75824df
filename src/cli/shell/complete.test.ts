// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steps as language } from '../../gremlin/steps/registry.js';
import { complete } from './complete.js';
import { isOpen } from './cursor.js';
import { constants, predicates, steps } from './words.js';

const asked: string[] = [];

async function words(query: string): Promise<readonly [string[], string]> {
  return complete(query, async (question) => {
    asked.push(question);
    return question.includes('Keys()') ? ['@ID', 'Name', 'MTU', 'Metric'] : ['eth0', "it's", 'eth1', 42];
  });
}

const rows: readonly (readonly [query: string, words: readonly string[], typed: string])[] = [
  ['', ['G'], ''],
  ['G.', [...steps].sort(), ''],
  ['G.V().outv', ['OutV('], 'outv'],
  ['G.V().Has', ['Has', 'HasEither', 'HasKey', 'HasNot'], 'Has'],
  ['G.V().Has("M', ['MTU', 'Metric'], 'M'],
  ['G.V().Has("Name","et', ['eth0', 'eth1'], 'et'],
  ["G.V().Has('Name', 'veth', 'm", ['MTU', 'Metric'], 'm'],
  ['G.V().Values("N', ['Name'], 'N'],
  ['G.V().ValueMap("Name","M', ['MTU', 'Metric'], 'M'],
  ['G.V().Has("MTU",NE(1500),"N', ['Name'], 'N'],
  ['G.V().Has("Name",Re', ['Regex'], 'Re'],
  ['G.V().Has("Name",Regex("e', [], 'e'],
  ['G.At(N', ['NE', 'NEE', 'NOW'], 'N'],
  ['G.V().ShortestPathTo(Metadata("Na', ['Name'], 'Na'],
  ['G.V().Sort(DESC,"Na', ['Name'], 'Na'],
];

for (const [query, wanted, typed] of rows) {
  test(`${JSON.stringify(query)} goes on with ${wanted.length > 8 ? 'any step' : wanted.join(', ') || 'nothing'}`, async () => {
    assert.deepEqual(await words(query), [wanted, typed]);
  });
}

test('values are those of the key', async () => {
  asked.length = 0;
  await words('G.V().Has("Name","');
  assert.deepEqual(asked, ['G.V().HasKey("Name").Limit(2000).Values("Name").Dedup()']);
});

for (const [query, open] of [
  ['G.V()', false],
  ['G.V(', true],
  ['G.V().', true],
  ['G.V().Has("a (', true],
  ['G.V().Has("a (")', false],
  ['G.V().Has("a",', true],
  ['G', false],
] as const) {
  test(`${query} ${open ? 'goes on' : 'is whole'}`, () => assert.equal(isOpen(query), open));
}

test('the words are those of the language', () => {
  const names = language.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  assert.deepEqual([...steps].sort(), names.sort());
  assert.equal(new Set([...predicates, ...constants]).size, predicates.length + constants.length);
});
