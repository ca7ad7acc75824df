// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeEdge, decodeNode, encodeElement, encodeGraph } from './codec.js';
import type { Edge, Node } from './element.js';
import { Graph } from './graph.js';

const now = () => 42;
const node = (json: unknown) => decodeNode(json, now);
const edge = (json: unknown) => decodeEdge(json, now);

test('members are written in the order of the wire, all of them always', () => {
  const graph = new Graph({ host: 'h', origin: 'agent.h', now: () => 1500 });
  const a = graph.addNode({ ID: 'a', Metadata: { Name: 'x' } });
  const loop = graph.addEdge({ ID: 'e', Parent: 'a', Child: 'a' });
  const common =
    '"Host":"h","Origin":"agent.h","CreatedAt":1500,"UpdatedAt":1500,"DeletedAt":null,"Revision":1';
  const nodeText = `{"ID":"a","Metadata":{"Name":"x"},${common}}`;
  const edgeText = `{"ID":"e","Metadata":{},${common},"Parent":"a","Child":"a"}`;
  assert.equal(encodeElement(a), nodeText);
  assert.equal(encodeElement(loop), edgeText);
  assert.equal(encodeGraph([a], [loop]), `{"Nodes":[${nodeText}],"Edges":[${edgeText}]}`);
  assert.equal(encodeGraph([], []), '{"Nodes":null,"Edges":null}');
});

test('numbers and markup are written as the original writes them', () => {
  const metadata = {
    I: 9007199254740991,
    F: 0.75,
    S: 1e-7,
    B: 1e21,
    T: 100000000000000000000,
    M: '<a&b>\u2028',
  };
  const text = encodeElement(node({ ID: 'n', Metadata: metadata }));
  const written =
    '{"I":9007199254740991,"F":0.75,"S":1e-7,"B":1e+21,"T":100000000000000000000,"M":"\\u003ca\\u0026b\\u003e\\u2028"}';
  assert.ok(text.includes(written), text);
  assert.deepEqual(JSON.parse(text).Metadata, metadata);
});

test('only the id is needed; what lacks is empty, now or zero', () => {
  const bare = {
    Metadata: {},
    Host: '',
    Origin: '',
    CreatedAt: 42,
    UpdatedAt: 42,
    DeletedAt: null,
    Revision: 0,
  };
  assert.deepEqual(node({ ID: 'n' }), { ID: 'n', ...bare });
  assert.deepEqual(node({ ID: 'n', Metadata: null, CreatedAt: null, UpdatedAt: null, DeletedAt: null }), {
    ID: 'n',
    ...bare,
  });
  assert.deepEqual(edge({ ID: 'e', Parent: 'a', Child: 'b' }), { ID: 'e', ...bare, Parent: 'a', Child: 'b' });
});

test('keys are read in any case and unknown ones ignored', () => {
  const read = node({ id: 'n', METADATA: { Name: 'x' }, deletedat: 7, revision: 3, Unknown: {} });
  assert.deepEqual([read.ID, read.Metadata['Name'], read.DeletedAt, read.Revision], ['n', 'x', 7, 3]);
});

const refused: readonly [string, () => Node | Edge, RegExp][] = [
  ['no object', () => node([]), /no JSON object/],
  ['no id', () => node({}), /no ID/],
  ['empty id', () => node({ ID: '' }), /no ID/],
  ['id of another type', () => node({ ID: 5 }), /ID that is no string/],
  ['edge without parent', () => edge({ ID: 'e', Child: 'b' }), /no Parent/],
  ['edge with an empty child', () => edge({ ID: 'e', Parent: 'a', Child: '' }), /no Child/],
  ['time in quotes', () => node({ ID: 'n', CreatedAt: '5' }), /CreatedAt/],
  ['time with a fraction', () => node({ ID: 'n', UpdatedAt: 1.5 }), /UpdatedAt/],
  ['revision of another type', () => node({ ID: 'n', Revision: '1' }), /Revision/],
  ['host of another type', () => node({ ID: 'n', Host: 1 }), /Host/],
  ['metadata that is a list', () => node({ ID: 'n', Metadata: [] }), /Metadata/],
  ['captures that are no list', () => node({ ID: 'n', Metadata: { Captures: {} } }), /Captures/],
  ['a neighbour that is no object', () => node({ ID: 'n', Metadata: { Neighbors: [1] } }), /Neighbors/],
  ['counters that are no object', () => node({ ID: 'n', Metadata: { Metric: 5 } }), /Metric/],
  ['a counter in quotes', () => node({ ID: 'n', Metadata: { Metric: { RxBytes: '5' } } }), /RxBytes/],
];

for (const [name, decode, message] of refused) {
  test(`refused: ${name}`, () => assert.throws(decode, { code: 'SKY_E_GRAPH_DECODE', message }));
}

test('typed keys are plain values, nothing on edges is typed', () => {
  const Metadata = { Captures: [{ ID: 'c' }], Metric: { RxBytes: 5, More: 'x' }, Container: null };
  assert.deepEqual(node({ ID: 'n', Metadata }).Metadata, Metadata);
  assert.deepEqual(edge({ ID: 'e', Parent: 'a', Child: 'b', Metadata: { Metric: 5 } }).Metadata, {
    Metric: 5,
  });
});

const recording = join(import.meta.dirname, '../../../../shared/wire/replication.jsonl');

const testRecorded = existsSync(recording) ? test : () => {};

testRecorded('recorded elements are written as they were read', () => {
  let count = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('ID' in value && 'Metadata' in value && 'CreatedAt' in value) {
      const read = 'Parent' in value ? edge(value) : node(value);
      assert.equal(encodeElement(read), JSON.stringify(value));
      count++;
    } else for (const inner of Object.values(value)) visit(inner);
  };
  for (const line of readFileSync(recording, 'utf8').split('\n')) if (line !== '') visit(JSON.parse(line));
  assert.ok(count > 10, `${count} elements`);
});
