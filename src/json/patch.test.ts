// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, type PatchOperation, patchOf } from './patch.js';

const document = { a: { b: 1, 'c/d': 2 }, list: [1, 2], n: null };

type Row = readonly [readonly PatchOperation[], unknown];

const good: readonly Row[] = [
  [[], document],
  [[{ op: 'add', path: '/a/x', value: { y: [] } }], { ...document, a: { ...document.a, x: { y: [] } } }],
  [[{ op: 'add', path: '/a/b', value: 2 }], { ...document, a: { ...document.a, b: 2 } }],
  [[{ op: 'add', path: '/list/0', value: 0 }], { ...document, list: [0, 1, 2] }],
  [[{ op: 'add', path: '/list/-', value: 3 }], { ...document, list: [1, 2, 3] }],
  [[{ op: 'add', path: '/a/e' }], { ...document, a: { ...document.a, e: null } }],
  [[{ op: 'remove', path: '/a/c~1d' }], { ...document, a: { b: 1 } }],
  [[{ op: 'remove', path: '/list/1' }], { ...document, list: [1] }],
  [[{ op: 'replace', path: '/list/1', value: 5 }], { ...document, list: [1, 5] }],
  [[{ op: 'replace', path: '/new', value: 5 }], { ...document, new: 5 }],
  [[{ op: 'move', from: '/a/b', path: '/b' }], { a: { 'c/d': 2 }, list: [1, 2], n: null, b: 1 }],
  [[{ op: 'copy', from: '/list', path: '/a/b' }], { ...document, a: { ...document.a, b: [1, 2] } }],
  [[{ op: 'test', path: '/a', value: { 'c/d': 2, b: 1 } }], document],
  [[{ op: 'test', path: '/n', value: null }], document],
  [[{ op: 'add', path: '', value: { all: 1 } }], { all: 1 }],
  [
    [
      { op: 'add', path: '/x', value: {} },
      { op: 'add', path: '/x/y', value: 1 },
    ],
    { ...document, x: { y: 1 } },
  ],
];

for (const [patch, expected] of good) {
  test(`patch ${JSON.stringify(patch)}`, () => {
    const before = structuredClone(document);
    assert.deepEqual(applyPatch(document, patch), expected);
    assert.deepEqual(document, before);
  });
}

const bad: readonly [PatchOperation, RegExp][] = [
  [
    { op: 'remove', path: '/x' },
    /^error in remove for path: '\/x': Unable to remove nonexistent key: x: missing value$/,
  ],
  [
    { op: 'remove', path: '/x/y' },
    /^remove operation does not apply: doc is missing path: "\/x\/y": missing value$/,
  ],
  [
    { op: 'add', path: '/x/y', value: 1 },
    /^add operation does not apply: doc is missing path: "\/x\/y": missing value$/,
  ],
  [{ op: 'add', path: '/list/9', value: 1 }, /invalid index referenced: 9/],
  [{ op: 'replace', path: '/list/9', value: 1 }, /missing key: \/list\/9/],
  [{ op: 'test', path: '/a/b', value: 2 }, /^testing path \/a\/b failed: test failed$/],
  [{ op: 'test', path: '/x', value: 2 }, /test failed/],
  [{ op: 'move', from: '/x', path: '/y' }, /missing from path: \/x/],
  [{ op: 'move', from: '/a', path: '/a/b' }, /lies within/],
  [{ op: 'add', path: 'x', value: 1 }, /does not start with \//],
];

for (const [operation, message] of bad) {
  test(`patch ${JSON.stringify(operation)} is refused`, () => {
    assert.throws(() => applyPatch(document, [operation]), { code: 'SKY_E_BAD_REQUEST', message });
  });
}

for (const [decoded, message] of [
  [{}, /array of operations/],
  [[5], /operation 0 is no object/],
  [[{ op: 'nope', path: '' }], /unknown op: nope/],
  [[{ op: 'add' }], /operation 0 has no path/],
  [[{ op: 'copy', path: '/a' }], /operation 0 has no from/],
] as const) {
  test(`${JSON.stringify(decoded)} is no patch`, () => {
    assert.throws(() => patchOf(decoded), { code: 'SKY_E_BAD_REQUEST', message });
  });
}

test('a key named __proto__ is only a key', () => {
  const patch = patchOf(JSON.parse('[{"op": "add", "path": "/__proto__", "value": {"polluted": true}}]'));
  const patched = applyPatch({}, patch) as object;
  assert.ok(Object.hasOwn(patched, '__proto__'));
  assert.equal((patched as { polluted?: unknown }).polluted, undefined);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
