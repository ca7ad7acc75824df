// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ascending, ascendingOnce } from './ascending.js';

test('counting up shares memory and goes as far as asked', () => {
  const few = ascending(3);
  assert.deepEqual([...few], [0, 1, 2]);
  const many = ascending(1000);
  assert.equal(many[999], 999);
  assert.deepEqual([...ascending(0)], []);
  assert.deepEqual([...few], [0, 1, 2]);
});

test('handles of several lists come once and ascending, few or many', () => {
  const list = fc.array(fc.nat(999)).map((handles) => Uint32Array.from(handles));
  fc.assert(
    fc.property(fc.array(list, { maxLength: 4 }), fc.constantFrom(1000, 1_000_000), (parts, limit) => {
      const expected = [...new Set(parts.flatMap((part) => [...part]))].sort((a, b) => a - b);
      assert.deepEqual([...ascendingOnce(parts, limit)], expected);
    }),
  );
});
