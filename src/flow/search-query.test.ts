// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeSearchQuery, type SearchQuery } from './search-query.js';
import {
  decodeTableQuery,
  decodeTableReply,
  encodeTableQuery,
  encodeTableReply,
  tableReplyObject,
} from './table-query.js';

const term = (Key: string, Value: string) => ({ TermStringFilter: { Key, Value } });

// wire-protocol.md §14: a query for NodeTID t1, sorted by Last.
const example = {
  Filter: { BoolFilter: { Op: 1, Filters: [{ BoolFilter: { Filters: [term('NodeTID', 't1')] } }] } },
  Sort: true,
  SortBy: 'Last',
};
const exampleBytes =
  '0a0b5365617263685175657279122' +
  '30a19421708011213421112' +
  '0f0a0d0a074e6f64655449441202743118' +
  '0132044c617374';

test('the query of the protocol description has its bytes', () => {
  assert.equal(encodeTableQuery(encodeSearchQuery(example)).toString('hex'), exampleBytes);
});

test('a query is found in its envelope, protobuf or JSON', () => {
  const search = encodeSearchQuery(example);
  assert.deepEqual(decodeTableQuery(encodeTableQuery(search)), search);
  assert.deepEqual(
    decodeTableQuery(Buffer.from(JSON.stringify({ Type: 'SearchQuery', query: example }))),
    search,
  );
  assert.deepEqual(decodeTableQuery(Buffer.from('{"Type":"SearchQuery"}')), Buffer.alloc(0));
});

test('a query of another type asks for nothing', () => {
  assert.equal(decodeTableQuery(Buffer.from([0x0a, 1, 0x58])), undefined);
  assert.equal(decodeTableQuery(Buffer.from('{"Type":"X"}')), undefined);
  assert.equal(decodeTableQuery(Buffer.alloc(0)), undefined);
});

for (const [what, filter, hex] of [
  ['integers', { TermInt64Filter: { Key: 'A', Value: 300 } }, '1206 0a0141 10ac02'],
  ['zero, which is left out', { GtInt64Filter: { Key: 'A' } }, '2203 0a0141'],
  ['numbers below zero', { LtInt64Filter: { Key: 'A', Value: -1 } }, '2a0e 0a0141 10ffffffffffffffffff01'],
  ['large numbers', { GteInt64Filter: { Key: 'A', Value: 2 ** 40 } }, '320a 0a0141 10808080808020'],
  ['booleans', { TermBoolFilter: { Key: 'A', Value: true } }, '1a05 0a0141 1001'],
  ['what is null', { NullFilter: { Key: 'A' } }, '5203 0a0141'],
  ['patterns', { RegexFilter: { Key: 'A', Value: 'é' } }, '4a07 0a0141 1202c3a9'],
  ['ranges', { IPV4RangeFilter: { Key: 'A', Value: 'b' } }, '5a06 0a0141 120162'],
  ['an empty OR', { BoolFilter: {} }, '4200'],
  ['a member without value', { BoolFilter: { Op: 2, Filters: [{}] } }, '4204 0802 1200'],
] as const) {
  test(`a filter on ${what} has the bytes of protobuf`, () => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    assert.deepEqual(
      encodeSearchQuery({ Filter: filter }),
      Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]),
    );
  });
}

test('an empty range is there: it asks for no flow', () => {
  assert.equal(encodeSearchQuery({ PaginationRange: { To: 0 } }).toString('hex'), '1200');
  assert.equal(encodeSearchQuery({ PaginationRange: { From: 1, To: 3 } }).toString('hex'), '120408011003');
});

test('what is no query is refused', () => {
  let deep: unknown = {};
  for (let i = 0; i < 70; i++) deep = { BoolFilter: { Filters: [deep] } };
  for (const query of [
    [],
    { Filter: 5 },
    { Filter: { BoolFilter: { Filters: {} } } },
    { Filter: { TermInt64Filter: { Key: 'A', Value: 'x' } } },
    { Filter: { TermStringFilter: { Key: 'A', Value: 1 } } },
    { Filter: { TermStringFilter: { Key: 1 } } },
    { Filter: deep },
    { PaginationRange: { To: 1.5 } },
    { SortBy: 3 },
  ]) {
    assert.throws(() => encodeSearchQuery(query as SearchQuery), { code: 'SKY_E_WIRE' });
  }
  assert.throws(() => decodeTableQuery(Buffer.from('{"Type"')), { code: 'SKY_E_WIRE' });
  assert.throws(() => decodeTableQuery(Buffer.from([0x0a, 50])), { code: 'SKY_E_WIRE' });
});

test('a reply holds a set for each table, protobuf or JSON', () => {
  const sets = [Buffer.from('first'), Buffer.alloc(0)];
  const whole = (given: readonly Buffer[]) => Buffer.concat(encodeTableReply(given));
  // wire-protocol.md §14: a reply with no table.
  assert.equal(whole([]).toString('hex'), '08c801');
  assert.equal(whole([Buffer.alloc(0)]).toString('hex'), '08c8011200');
  assert.deepEqual(decodeTableReply(whole(sets)), sets);
  assert.deepEqual(tableReplyObject([]), { Status: 200 });
  assert.deepEqual(decodeTableReply(Buffer.from(JSON.stringify(tableReplyObject(sets)))), sets);
});
