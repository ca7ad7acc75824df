// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AskedValues } from './known-values.js';

type Answers = Readonly<Record<string, unknown>>;

function setUp(answers: Answers, now: () => number = () => 0): { known: AskedValues; asked: string[] } {
  const asked: string[] = [];
  const known = new AskedValues(async (query) => {
    asked.push(query);
    if (!(query in answers)) throw new Error('no answer in time');
    return answers[query];
  }, now);
  return { known, asked };
}

test('keys of nodes are asked once in half a minute', async () => {
  let nowMs = 0;
  const { known, asked } = setUp({ 'G.V().Keys()': ['Name', 'Type'] }, () => nowMs);
  assert.deepEqual(await known.keys('nodes', 'G.V()'), ['Name', 'Type']);
  nowMs = 29_999;
  assert.deepEqual(await known.keys('nodes', 'G.V()'), ['Name', 'Type']);
  assert.equal(asked.length, 1);
  nowMs = 30_000;
  await known.keys('nodes', 'G.V()');
  assert.equal(asked.length, 2);
});

test('keys of some nodes do when asking all takes too long', async () => {
  const { known, asked } = setUp({ 'G.V().Limit(1000).Keys()': ['Name'] });
  assert.deepEqual(await known.keys('nodes', 'G.V()'), ['Name']);
  assert.deepEqual(asked, ['G.V().Keys()', 'G.V().Limit(1000).Keys()']);
});

test('an analyzer that does not answer, or with something else, knows nothing', async () => {
  assert.deepEqual(await setUp({}).known.keys('nodes', 'G.V()'), []);
  assert.deepEqual(await setUp({}).known.values('nodes', 'G.V()', 'Name', ''), []);
  assert.deepEqual(await setUp({ 'G.V().Keys()': null }).known.keys('nodes', 'G.V()'), []);
  assert.deepEqual(await setUp({ 'G.V().Keys()': { a: [1] } }).known.keys('nodes', 'G.V()'), []);
});

test('a lost answer is asked for again', async () => {
  const { known, asked } = setUp({});
  await known.keys('nodes', 'G.V()');
  await known.keys('nodes', 'G.V()');
  assert.equal(asked.length, 4);
});

test('keys of edges are those of one edge a relation, and their own', async () => {
  const edges = [
    { ID: 'a', Metadata: { RelationType: 'layer2', Nested: { Deep: 1 } } },
    { ID: 'b', Metadata: { RelationType: 'ownership' } },
  ];
  const { known } = setUp({ 'G.E().Dedup("RelationType").Limit(200)': edges });
  const keys = await known.keys('edges', 'G.E()');
  assert.deepEqual(
    keys.filter((key) => !key.startsWith('@')),
    ['Nested', 'Nested.Deep', 'RelationType'],
  );
  assert.ok(keys.includes('@ID'));
});

test('values are distinct scalars, lists taken apart', async () => {
  const rows = [
    { IPV4: ['10.0.0.1/8', '10.0.0.2/8'] },
    { IPV4: '10.0.0.1/8' },
    { IPV4: { a: 1 } },
    { IPV4: 5 },
  ];
  const { known } = setUp({ 'G.V().Has("IPV4").Dedup("IPV4").Limit(200).ValueMap("IPV4")': rows });
  assert.deepEqual(await known.values('nodes', 'G.V()', 'IPV4', ''), ['10.0.0.1/8', '10.0.0.2/8', 5]);
});

test('values of edges are read from the edges', async () => {
  const edges = [{ Metadata: { 'A.B': 'x' } }, { Metadata: { A: { B: 'y' } } }, { Metadata: {} }];
  const { known } = setUp({ 'G.E().Has("A.B").Dedup("A.B").Limit(200)': edges });
  assert.deepEqual(await known.values('edges', 'G.E()', 'A.B', ''), ['x', 'y']);
});

test('of too many values those are asked for that start as written', async () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ Name: `n${index}` }));
  const { known, asked } = setUp({
    'G.V().Has("Name").Dedup("Name").Limit(200).ValueMap("Name")': many,
    'G.V().Has("Name", Regex("x\\.1.*")).Dedup("Name").Limit(200).ValueMap("Name")': [{ Name: 'x.10' }],
  });
  assert.equal((await known.values('nodes', 'G.V()', 'Name', '')).length, 200);
  assert.equal(asked.length, 1);
  assert.deepEqual(await known.values('nodes', 'G.V()', 'Name', 'x.1'), ['x.10']);
  assert.equal(asked.length, 2);
});

test('no more than a hundred answers are kept', async () => {
  const answers: Answers = Object.fromEntries(
    Array.from({ length: 101 }, (_, index) => [`G.V("${index}").Keys()`, ['a']]),
  );
  const { known, asked } = setUp(answers);
  for (let index = 0; index < 101; index++) await known.keys('nodes', `G.V("${index}")`);
  await known.keys('nodes', 'G.V("100")');
  assert.equal(asked.length, 101);
  await known.keys('nodes', 'G.V("0")');
  assert.equal(asked.length, 102);
});

test('a key with a quote is not asked for: the language cannot write it', async () => {
  const { known, asked } = setUp({});
  assert.deepEqual(await known.values('nodes', 'G.V()', 'a"b', ''), []);
  assert.deepEqual(asked, []);
});

test('flows are not asked for values, and their fields are known', async () => {
  const { known, asked } = setUp({});
  assert.ok((await known.keys('flows', '')).includes('Network.A'));
  assert.deepEqual(await known.values('flows', '', 'Network.A', ''), []);
  assert.deepEqual(asked, []);
});
