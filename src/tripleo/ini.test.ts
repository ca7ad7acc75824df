// SPDX-License-Identifier: Apache-2.0
// The dialect and messages of oslo.config 9.0's reader.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIni } from './ini.js';

const understood: readonly [string, string, Readonly<Record<string, string>>][] = [
  ['an assignment', '[DEFAULT]\nplan = x\n', { plan: 'x' }],
  ['a colon assigns too', '[DEFAULT]\nplan: x\n', { plan: 'x' }],
  ['the first of = and : counts', '[DEFAULT]\nauth_url=http://x:5000/v3\n', { auth_url: 'http://x:5000/v3' }],
  ['a later assignment wins', '[DEFAULT]\nplan=a\nplan=b\n', { plan: 'b' }],
  ['an indented line continues', '[DEFAULT]\nplan: a\n  b\n\n', { plan: 'a\nb' }],
  ['quotes around a value go', `[DEFAULT]\nplan='q u'\nuser="\n`, { plan: 'q u', user: '' }],
  ['a single quote stays', '[DEFAULT]\nplan="a\n', { plan: '"a' }],
  ['an empty value', '[DEFAULT]\nplan=\n', { plan: '' }],
  ['comments are whole lines only', '[DEFAULT]\n#a=1\n;b=2\nplan=a ; b # c\n', { plan: 'a ; b # c' }],
  ['other sections are not read', '[other]\nplan=o\n[default]\nplan=p\n', {}],
  ['a section may come twice', '[DEFAULT]\na=1\n[x]\na=2\n[DEFAULT]\nb=3\n', { a: '1', b: '3' }],
  ['carriage returns', '[DEFAULT]\r\nplan=x\r\n', { plan: 'x' }],
  ['no last line feed', '[DEFAULT]\nplan=x', { plan: 'x' }],
  ['nothing', '', {}],
];

for (const [name, text, expected] of understood) {
  test(`configuration file: ${name}`, () => {
    assert.deepEqual(Object.fromEntries(parseIni(text, 'c.conf')), expected);
  });
}

const refused: readonly [string, string][] = [
  ['plan=1\n', "at c.conf:1, Section must be started before assignment: 'plan=1'"],
  ['[DEFAULT\n', "at c.conf:1, Invalid section (must end with ]): '[DEFAULT'"],
  ['[DEFAULT]\nplan\n', "at c.conf:2, No ':' or '=' found in assignment: 'plan'"],
  ['[DEFAULT]\n=x\n', "at c.conf:2, Key cannot be empty: '=x'"],
  ['[DEFAULT]\n  cont\n', "at c.conf:2, Unexpected continuation line: '  cont'"],
  ['[DEFAULT]\nplan=a\n\n cont\n', "at c.conf:4, Unexpected continuation line: ' cont'"],
  ['[DEFAULT]\nplan=a\n;c\n #x\n', "at c.conf:4, Unexpected continuation line: ' #x'"],
  ['[DEFAULT]\n[]\n', "at c.conf:2, Empty section name: '[]'"],
];

for (const [text, message] of refused) {
  test(`configuration file ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseIni(text, 'c.conf'), {
      code: 'SKY_E_CONFIG',
      message: `Failed to parse c.conf: ${message}`,
    });
  });
}
