// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerText } from './header-text.js';

const rows: readonly [string, string, string][] = [
  ['printable ASCII stays', 'Regex("a.*") finds; nothing', 'Regex("a.*") finds; nothing'],
  ['a percent sign', '100%', '100%25'],
  ['line breaks', 'a\r\nSet-Cookie: b', 'a%0D%0ASet-Cookie: b'],
  ['other scripts', 'é日', '%C3%A9%E6%97%A5'],
];

for (const [name, text, expected] of rows) {
  test(`header text: ${name}`, () => {
    assert.equal(headerText(text), expected);
    assert.equal(decodeURIComponent(expected), text);
  });
}

test('header text: half of a character becomes the replacement character', () => {
  assert.equal(decodeURIComponent(headerText('\ud800!')), '\ufffd!');
});

test('header text: what is too long is cut', () => {
  assert.equal(decodeURIComponent(headerText('é'.repeat(5000))), `${'é'.repeat(1024)}…`);
});
