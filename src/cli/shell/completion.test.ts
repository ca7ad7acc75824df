// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steps } from '../../gremlin/steps/registry.js';
import { complete } from './completion.js';
import type { KnownValues } from './known-values.js';
import { shapes } from './parameters.js';

/** Answers by base, and remembers what it was asked. */
function knownOf(asked: string[] = []): KnownValues {
  return {
    keys: async (subject, base) => {
      asked.push(`keys of ${subject} ${base}`);
      return subject === 'edges' ? ['RelationType', '@ID'] : ['Name', 'Type', 'MTU', '@ID', "odd'key"];
    },
    values: async (_subject, base, key, start) => {
      asked.push(`${key} of ${base} from ${start}`);
      if (key === 'MTU') return [1500, 65536, -1];
      if (key === 'Up') return [true, false];
      return ['eth0', 'eth1', 'lo', 'a"b', 'a\nb'];
    },
  };
}

/** The text, what it is completed to (all of it when it is a list), or which must and must not be among it. */
type Row = readonly [
  text: string,
  expected: readonly string[] | { readonly has: readonly string[]; readonly not?: readonly string[] },
  word?: string,
];

const predicates = ['Between(', 'GT(', 'Inside(', 'Ipv4Range(', 'NE(', 'Regex(', 'Within(', 'Without('];

const rows: readonly Row[] = [
  ['', ['G.', 'exit', 'format ', 'help ']],
  ['G', ['G.'], 'G'],
  ['g', ['G.'], 'g'],
  ['he', ['help '], 'he'],
  ['cl', [], 'cl'],
  ['client.G.', []],
  ['format ', ['json', 'table', 'yaml']],
  ['format y', ['yaml'], 'y'],
  ['help Ha', ['Has', 'HasEither', 'HasKey', 'HasNot'], 'Ha'],
  ['? short', ['ShortestPathTo'], 'short'],
  ['G ', ['.']],
  ['G.', { has: ['V(', 'E(', 'At(', 'Context(', 'Flows('], not: ['Has(', 'Out(', 'OutV(', 'G'] }],
  ['G.v', ['V('], 'v'],
  ['G.\n  V', ['V('], 'V'],
  ['G.V()', ['.']],
  ['G.V().', { has: ['Has(', 'Out(', 'Count()', 'G', 'Values('], not: ['V(', 'OutV(', 'Aggregates('] }],
  ['G.V().ou', ['Out(', 'OutE('], 'ou'],
  ['G.V().Has("a.b(", 1).hask', ['HasKey('], 'hask'],
  ['G.V().OutE().', { has: ['InV(', 'OutV(', 'Has('], not: ['Out(', 'V(', 'Values('] }],
  ['G.V().OutE().InV().', { has: ['Out(', 'Values('], not: ['InV('] }],
  ['G.V().Metrics().', { has: ['Aggregates(', 'Sum('], not: ['Has(', 'Out('] }],
  ['G.Flows().', { has: ['Has(', 'Sort(', 'Limit(', 'Hops(', 'RawPackets('], not: ['V(', 'OutE('] }],
  ['G.V().Count().', { has: ['Explain()'], not: ['Out(', 'V('] }],
  ['G.V().ShortestPathTo(Metadata("a","b")).Dedup().', { has: ['Out('], not: ['InV('] }],
  ['G.V().Has("a","b").G.', { has: ['V(', 'E('], not: ['Has('] }],
  ['G.V().Nope().', { has: ['V(', 'Has(', 'InV('] }],
  ['G.V().Nope(', []],
  ['G.V().Has(', ['"@ID"', '"MTU"', '"Name"', '"Type"']],
  ['G.V().Has("N', ['"Name"'], '"N'],
  ["G.V().Has('n", ["'Name'"], "'n"],
  ['G.V().Has("Name"', []],
  ['G.V().Has("Name",', { has: ['"eth0"', '"eth1"', '"lo"', ...predicates], not: ['Metadata(', '"a"b"'] }],
  ['G.V().Has("Name", "e', ['"eth0"', '"eth1"'], '"e'],
  ["G.V().Has('Name', 'L", ["'lo'"], "'L"],
  ['G.V().Has("Name", Reg', ['Regex('], 'Reg'],
  ['G.V().Has("Name", Regex("l', ['"lo"'], '"l'],
  ['G.V().Has("Name", Within("lo", ', ['"eth0"', '"eth1"', '"lo"']],
  ['G.V().Has("Name", "lo", ', ['"@ID"', '"MTU"', '"Name"', '"Type"']],
  ['G.V().Has("Name", NE("lo"), "M', ['"MTU"'], '"M'],
  ['G.V().Has("Name", "lo", "MTU", 6', ['65536'], '6'],
  ['G.V().Has("MTU", "1', [], '"1'],
  ['G.V().Has("Up", t', ['true'], 't'],
  ['G.V().HasKey("T', ['"Type"'], '"T'],
  ['G.V().Values("', ['"@ID"', '"MTU"', '"Name"', '"Type"'], '"'],
  ['G.V().Sort(', { has: ['ASC', 'DESC', '"Name"'] }],
  ['G.V().Sort(D', ['DESC'], 'D'],
  ['G.V().OutE("', ['"@ID"', '"RelationType"'], '"'],
  ['G.E().Has("R', ['"RelationType"'], '"R'],
  ['G.Flows("T', ['"Type"'], '"T'],
  ['G.V().ShortestPathTo(', ['Metadata(']],
  ['G.V().ShortestPathTo(Metadata("T', ['"Type"'], '"T'],
  ['G.V().ShortestPathTo(Metadata("Name", "l', ['"lo"'], '"l'],
  ['G.V().ShortestPathTo(Metadata("Name", "lo"), Metadata("R', ['"RelationType"'], '"R'],
  ['G.V().Metrics("s', ['"SFlow"', '"SFlow.LastUpdateMetric"'], '"s'],
  ['G.V().Limit(', []],
  ['G.V("', []],
  ['G.V() x', []],
  ['G.V().Has("a" . ', []],
];

for (const [text, expected, word] of rows) {
  test(`${JSON.stringify(text)} is completed`, async () => {
    const found = await complete(text, knownOf());
    if (word !== undefined) assert.equal(found.word, word);
    if ('has' in expected) {
      for (const candidate of expected.has) assert.ok(found.candidates.includes(candidate), candidate);
      for (const candidate of expected.not ?? []) assert.ok(!found.candidates.includes(candidate), candidate);
    } else assert.deepEqual(found.candidates, expected);
    // What readline puts in the place of the word has to fit what is there.
    for (const candidate of found.candidates) {
      assert.ok(candidate.toLowerCase().startsWith(found.word.toLowerCase()), candidate);
    }
  });
}

const questions: readonly [text: string, asked: string][] = [
  ['G.V().Has("', 'keys of nodes G.V()'],
  ['G.At("-1h").V().Has("Type", "host").Has("', 'keys of nodes G.At("-1h").V().Has("Type", "host")'],
  ['G.V().Has("Type", "host").Out("', 'keys of nodes G.V().Has("Type", "host").Out()'],
  ['G.V().Out("Name", "e', 'Name of G.V().Out() from e'],
  ['G.V().OutE("', 'keys of edges G.V().OutE()'],
  ['G.V().OutE().InV("', 'keys of nodes G.V().OutE().InV()'],
  ['G.E().Has("', 'keys of edges G.E()'],
  ['G.V().Descendants("', 'keys of edges G.E()'],
  ['G.V().SubGraph("', 'keys of edges G.E()'],
  ['G.Flows("', 'keys of flows '],
  ['G.V().Flows().Has("', 'keys of flows G.V().Flows()'],
  ['G.Flows().Hops("', 'keys of nodes G.V()'],
  ['G.V().Has("Name", NE("e', 'Name of G.V() from e'],
  ['G.V().Values("N', 'keys of nodes G.V()'],
  ['G.V().G.V().HasNot("', 'keys of nodes G.V().G.V()'],
];

for (const [text, expected] of questions) {
  test(`${JSON.stringify(text)} asks for ${expected}`, async () => {
    const asked: string[] = [];
    await complete(text, knownOf(asked));
    assert.deepEqual(asked, [expected]);
  });
}

test('completing a step asks nothing', async () => {
  const asked: string[] = [];
  await complete('G.V().Has("Name", "lo").O', knownOf(asked));
  assert.deepEqual(asked, []);
});

test('what each step takes is known, and of no other', () => {
  assert.deepEqual(Object.keys(shapes).sort(), steps.map(({ name }) => name).sort());
});
