// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextIndex } from './text-index.js';

test('an index finds what a map finds', () => {
  const text = fc.oneof(fc.nat(40).map(String), fc.string({ maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), text), { maxLength: 200 }), (steps) => {
      const texts: string[] = [];
      const index = new TextIndex((number) => texts[number]!);
      const model = new Map<string, number>();
      for (const [add, name] of steps) {
        assert.equal(index.find(name), model.get(name) ?? -1);
        if (add && !model.has(name)) {
          texts.push(name);
          index.add(name, texts.length - 1);
          model.set(name, texts.length - 1);
        } else if (!add && model.delete(name)) index.remove(name);
      }
      assert.equal(index.size, model.size);
      for (const [, name] of steps) assert.equal(index.find(name), model.get(name) ?? -1);
    }),
  );
});
