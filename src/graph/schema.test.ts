// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ElementKind } from './element.js';
import { schemaError } from './schema.js';

const root = '(root): Must validate all the schemas (allOf)';
const metadata = 'Metadata: Must validate all the schemas (allOf)';
const any = '(root): Must validate at least one schema (anyOf)';

// The texts were recorded from the original's API.
const refused: readonly [string, ElementKind, unknown, readonly string[]][] = [
  [
    'node without type',
    'node',
    { ID: 'n', Metadata: { Name: 'x' } },
    [root, metadata, 'Metadata: Path is required', any],
  ],
  [
    'node with an empty id',
    'node',
    { ID: '', Metadata: { Name: 'x', Type: 'device' } },
    [root, 'ID: String length must be greater than or equal to 1'],
  ],
  [
    'netns without path',
    'node',
    { ID: 'n', Metadata: { Name: 'x', Type: 'netns' } },
    [root, metadata, 'Metadata: Path is required', any],
  ],
  [
    'node without name',
    'node',
    { ID: 'n', Metadata: { Type: 'device' } },
    [root, metadata, 'Metadata: Name is required', any],
  ],
  ['node without id', 'node', { Metadata: { Name: 'x', Type: 'device' } }, [root, '(root): ID is required']],
  ['node without metadata', 'node', { ID: 'n' }, [root, '(root): Metadata is required']],
  [
    'node with a host of another type',
    'node',
    { ID: 'n', Host: 5, Metadata: { Name: 'x', Type: 'device' } },
    [root, 'Host: Invalid type. Expected: [string,null], given: integer'],
  ],
  [
    'node with a fractional time',
    'node',
    { ID: 'n', CreatedAt: 1.5, Metadata: { Name: 'x', Type: 'device' } },
    [root, 'CreatedAt: Invalid type. Expected: [integer,null], given: number'],
  ],
  [
    'ovsport without UUID',
    'node',
    { ID: 'n', Metadata: { Name: 'x', Type: 'ovsport' } },
    [root, metadata, 'Metadata: UUID is required', any],
  ],
  [
    'edge without child',
    'edge',
    { ID: 'e', Parent: 'a', Child: '', Metadata: { RelationType: 'layer2' } },
    [root, 'Child: String length must be greater than or equal to 1'],
  ],
  [
    'edge without relation',
    'edge',
    { ID: 'e', Parent: 'a', Child: 'b', Metadata: {} },
    [root, metadata, 'Metadata: RelationType is required'],
  ],
  ['no object', 'edge', [], ['(root): Invalid type. Expected: object, given: array']],
];

for (const [name, kind, value, errors] of refused) {
  test(`refused: ${name}`, () => {
    assert.equal(schemaError(kind, value), `invalid schema: ${errors.join('\n')}`);
  });
}

const accepted: readonly [string, ElementKind, unknown][] = [
  ['device', 'node', { ID: 'n', Metadata: { Name: 'x', Type: 'device', More: 1 }, Host: null, Extra: true }],
  ['netns', 'node', { ID: 'n', Metadata: { Name: 'x', Type: 'netns', Path: '/run/x' }, CreatedAt: 1 }],
  ['netns by its path alone', 'node', { ID: 'n', Metadata: { Name: 'x', Path: '' } }],
  ['ovsport', 'node', { ID: 'n', Metadata: { Name: 'x', Type: 'ovsport', UUID: 'u' } }],
  ['edge', 'edge', { ID: 'e', Parent: 'a', Child: 'b', Metadata: { RelationType: 'x' } }],
];

for (const [name, kind, value] of accepted) {
  test(`accepted: ${name}`, () => assert.equal(schemaError(kind, value), undefined));
}
