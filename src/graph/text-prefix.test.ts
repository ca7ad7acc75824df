// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textPrefix } from './text-prefix.js';

const unit = fc.oneof(
  fc.constantFrom('\0', '\u0001', 'a', 'b', '\u00fe', '\u00ff', '\u0100', '\ud800', '\uffff'),
  fc.nat(0xffff).map((code) => String.fromCharCode(code)),
);
const text = fc.array(unit, { maxLength: 9 }).map((units) => units.join(''));

test('a smaller prefix means an earlier text', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      if (textPrefix(a) < textPrefix(b)) assert.ok(a < b);
      if (a < b) assert.ok(textPrefix(a) <= textPrefix(b));
    }),
    { numRuns: 5000 },
  );
});

test('texts that differ within six Latin characters have different prefixes', () => {
  assert.ok(textPrefix('veth10') < textPrefix('veth11'));
  assert.ok(textPrefix('') < textPrefix('a'));
  assert.equal(textPrefix('veth10-a'), textPrefix('veth10-b'));
});
