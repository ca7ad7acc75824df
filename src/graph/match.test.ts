// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ElementKind, MetadataMap } from './element.js';
import type { Filter } from './filter.js';
import { inIpv4Range, parseIpv4Cidr } from './ipv4.js';
import { compile, filterOfMap } from './match.js';
import { makeEdge, makeNode } from './revision.js';

const metadata: MetadataMap = {
  Name: 'eth0',
  Up: true,
  MTU: 1500,
  Load: 1.5,
  Speed: '1000',
  Nil: null,
  IPV4: ['10.0.0.1/24', '192.168.0.1'],
  Vlans: [10, 20],
  Flags: [true],
  Rules: [{ ID: 'r1' }, { ID: 'r2', Prio: 2 }],
  Map: { Key: 'v' },
  Empty: [],
};
const node = makeNode('n', metadata, 'h', 'agent.h', 10, 20, null, 3);
const edge = makeEdge('e', metadata, 'h', 'agent.h', 10, 20, null, 3, 'p', 'c');

const term = (key: string, value: string | number | boolean): Filter => ({ kind: 'term', key, value });
const compare = (key: string, op: 'gt' | 'gte' | 'lt' | 'lte', value: number): Filter => ({
  kind: 'compare',
  key,
  op,
  value,
});
const regex = (key: string, pattern: string): Filter => ({ kind: 'regex', key, pattern });
const range = (key: string, cidr: string): Filter => ({ kind: 'ipv4range', key, cidr });
const isNull = (key: string): Filter => ({ kind: 'null', key });
const yes: Filter = { kind: 'true' };
const no: Filter = { kind: 'not', filter: yes };

// [filter, on the node, on the edge]
const rows: readonly [Filter, boolean, boolean][] = [
  [term('Name', 'eth0'), true, true],
  [term('Metadata.Name', 'eth0'), true, true],
  [term('Name', 'eth'), false, false],
  [term('Missing', 'x'), false, false],
  [term('@ID', 'n'), true, false],
  [term('@Host', 'h'), true, true],
  [term('@Origin', 'agent.h'), true, true],
  [term('@Revision', 3), true, true],
  [term('@CreatedAt', 10), true, true],
  [term('Parent', 'p'), false, true],
  [term('Child', 'c'), false, true],
  [term('Up', true), true, true],
  [term('Up', false), false, false],
  [term('Up', 1), true, true],
  [term('Up', 'true'), false, false],
  [term('MTU', 1500), true, true],
  [term('MTU', '1500'), false, false],
  [term('Speed', 1000), true, true],
  [term('Speed', '1000'), true, true],
  [term('Load', 1), true, true],
  [term('Nil', 0), true, true],
  [term('Map', 'v'), false, false],
  [term('Map.Key', 'v'), true, true],
  // Arrays: any item on a node, never on an edge
  [term('Vlans', 20), true, false],
  [term('Vlans', 30), false, false],
  [term('Flags', true), true, false],
  [term('Rules.ID', 'r2'), true, false],
  [term('Rules.Prio', 2), true, false],
  [term('Empty', 0), false, false],
  [compare('MTU', 'gt', 1499), true, true],
  [compare('MTU', 'gt', 1500), false, false],
  [compare('MTU', 'gte', 1500), true, true],
  [compare('MTU', 'lt', 1500), false, false],
  [compare('MTU', 'lte', 1500), true, true],
  [compare('Vlans', 'lt', 11), true, false],
  [compare('Speed', 'gt', 999), true, true],
  [compare('Name', 'gte', 0), false, false],
  [compare('Missing', 'lt', 1), false, false],
  [compare('@UpdatedAt', 'lte', 20), true, true],
  [regex('Name', 'th'), true, true],
  [regex('Name', '^th'), false, false],
  [regex('MTU', '15'), false, false],
  [regex('IPV4', '^192'), true, false],
  [isNull('Missing'), true, true],
  [isNull('Name'), false, false],
  [isNull('Nil'), false, false],
  [isNull('Empty'), false, false],
  [isNull('Rules.Nothing'), false, false],
  [isNull('Parent'), true, true],
  [isNull('@ID'), false, false],
  [range('IPV4', '10.0.0.0/8'), true, false],
  [range('IPV4', '10.0.1.0/24'), false, false],
  [range('Name', '0.0.0.0/0'), false, false],
  [{ kind: 'test', key: 'Name', test: (value) => value === 'eth0' }, true, true],
  [{ kind: 'test', key: 'Missing', test: (value) => value === undefined }, true, true],
  [{ kind: 'test', key: 'Vlans', test: (value) => Array.isArray(value) }, true, true],
  [{ kind: 'and', filters: [] }, true, true],
  [{ kind: 'and', filters: [yes, no] }, false, false],
  [{ kind: 'and', filters: [yes, yes] }, true, true],
  [{ kind: 'or', filters: [] }, true, true],
  [{ kind: 'or', filters: [no, yes] }, true, true],
  [{ kind: 'or', filters: [no, no] }, false, false],
  [no, false, false],
  [yes, true, true],
  // A metadata map: equality of each key, inner keys without the outer one
  [filterOfMap({ Name: 'eth0', MTU: 1500, Up: true }), true, true],
  [filterOfMap({ Name: 'eth0', MTU: 1400 }), false, false],
  [filterOfMap({ MTU: 1500.9 }), true, true],
  [filterOfMap({ Outer: { Name: 'eth0' } }), true, true],
  [filterOfMap({ Map: { Key: 'v' } }), false, false],
  [filterOfMap({ Name: [] }), false, false],
  [filterOfMap({}), true, true],
];

for (const [filter, onNode, onEdge] of rows) {
  test(`filter ${JSON.stringify(filter)}`, () => {
    const matches = (kind: ElementKind) => compile(kind, filter)(kind === 'node' ? node : edge);
    assert.deepEqual([matches('node'), matches('edge')], [onNode, onEdge]);
  });
}

test('a pattern or range that is none is refused', () => {
  assert.throws(() => compile('node', regex('Name', '(')));
  assert.throws(() => compile('node', range('IPV4', 'fe80::/64')), { code: 'SKY_E_BAD_REQUEST' });
});

const addresses: readonly [string, string, boolean][] = [
  ['10.0.0.0/24', '10.0.0.255', true],
  ['10.0.0.77/25', '10.0.0.127', true],
  ['10.0.0.77/25', '10.0.0.128', false],
  ['10.0.0.200/32', '10.0.0.200/8', true],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['10.0.0.0/8', '10.0.0.01', false],
  ['10.0.0.0/8', '10.0.0.256', false],
  ['10.0.0.0/8', '10.0.0.1/', false],
  ['10.0.0.0/8', 'x10.0.0.1', false],
];

for (const [cidr, address, expected] of addresses) {
  test(`${address} ${expected ? 'is' : 'is not'} in ${cidr}`, () => {
    assert.equal(inIpv4Range(parseIpv4Cidr(cidr)!, address), expected);
  });
}

test('a CIDR needs an IPv4 address and a length', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fe80::/64', '']) {
    assert.equal(parseIpv4Cidr(text), undefined);
  }
});
