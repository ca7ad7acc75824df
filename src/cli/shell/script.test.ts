// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ScriptStatement, statementsOf } from './script.js';

const rows: readonly [string, string, readonly ScriptStatement[]][] = [
  ['nothing', '\n  \n', []],
  ['comments', '// a\n# b\n  // c', []],
  [
    'statements with the numbers of their lines',
    '// first\nG.V()\r\n\nG.E()\n',
    [
      { text: 'G.V()', line: 2 },
      { text: 'G.E()', line: 4 },
    ],
  ],
  [
    'open parentheses',
    'G.V().Has(\n\n"a")\nG',
    [
      { text: 'G.V().Has(\n\n"a")', line: 1 },
      { text: 'G', line: 4 },
    ],
  ],
  ['a step on a line of its own', 'G.V()\n  // nodes\n  .Count()', [{ text: 'G.V()\n  .Count()', line: 1 }]],
  ['a statement that never ends', 'G.V(\nG', [{ text: 'G.V(\nG', line: 1 }]],
];

for (const [name, script, expected] of rows) {
  test(`script: ${name}`, () => {
    assert.deepEqual(statementsOf(script), expected);
  });
}
