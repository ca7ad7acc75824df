// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderInventory } from './inventory.js';
import { readVariables, type Variables } from './yaml-file.js';

function withFile<T>(text: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
  try {
    const path = join(folder, 'extra.yaml');
    writeFileSync(path, text);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The agents' variables of an inventory without hosts. */
function rendered(variables: Variables | undefined): string {
  const none = { extra: undefined, agentExtra: undefined, analyzerExtra: undefined };
  const text = renderInventory({ hosts: [], user: 'u', base: variables ?? new Map(), ...none });
  const [, vars = ''] = /^agents:\n {2}hosts: \{\}\n {2}vars:([\s\S]*)analyzers:/.exec(text) ?? [];
  return vars;
}

const written: readonly [string, string, string][] = [
  ['texts stay plain where YAML 1.1 lets them', 'a: "x y"', 'a: x y'],
  [
    'texts that look like something else are quoted',
    `a: 'yes'\nb: '12'\nc: "~"\nd: '1.5'\ne: ''\nf: '='`,
    "a: 'yes'\nb: '12'\nc: '~'\nd: '1.5'\ne: ''\nf: '='",
  ],
  ['colons and hashes are quoted', 'a: "b: c"\nb: "#c"', "a: 'b: c'\nb: '#c'"],
  ['truth values of YAML 1.1', 'a: yes\nb: off\nc: True', 'a: true\nb: false\nc: true'],
  [
    'numbers and dates as they were written',
    'a: 1.10\nb: 0755\nc: 12:30\nd: 1_000\ne: 2019-10-08\nf: 12345678901234567890',
    'a: 1.10\nb: 0755\nc: 12:30\nd: 1_000\ne: 2019-10-08\nf: 12345678901234567890',
  ],
  ['null', 'a: ~\nb:', 'a: null\nb: null'],
  [
    'flow collections become blocks, keys sorted',
    'b: {z: [1, {y: 2, x: 3}], a: {}}\na: []',
    'a: []\nb:\n  a: {}\n  z:\n  - 1\n  - x: 3\n    y: 2',
  ],
  [
    'anchors are written out, merges done',
    'a: &l [1]\nb: *l\nc: &m {k: 1}\nd: {<<: *m, j: 2}',
    'a:\n- 1\nb:\n- 1\nc:\n  k: 1\nd:\n  j: 2\n  k: 1',
  ],
  ['blocks of text', 'a: |\n  x\n  y\n', "a: 'x\n\n  y\n\n  '"],
  ['y and n are texts', '{y: n}', 'y: n'],
  ['comments go', '# c\na: b # d', 'a: b'],
  ['of a key that comes twice the last', 'a: 1\na: 2', 'a: 2'],
  ['numbers as keys', '{8082: a, b: {9: c}}', "'8082': a\nb:\n  9: c"],
];

for (const [name, text, expected] of written) {
  test(`extra variables: ${name}`, () => {
    const lines = expected.split('\n').map((line) => (line === '' ? '' : `    ${line}`));
    assert.equal(
      rendered(withFile(text, (path) => readVariables(path, 'extra file'))),
      `\n${lines.join('\n')}\n`,
    );
  });
}

for (const text of ['', '\n', '# only a comment\n', '---\n', 'null\n', '~']) {
  test(`an empty file is as none: ${JSON.stringify(text)}`, () => {
    assert.equal(
      withFile(text, (path) => readVariables(path, 'extra file')),
      undefined,
    );
  });
}

test('no file is none', () => {
  assert.equal(readVariables(undefined, 'extra file'), undefined);
  assert.equal(readVariables('', 'extra file'), undefined);
});

const refused: readonly [string, RegExp][] = [
  ['a: [', /^extra file .*extra\.yaml: is not valid YAML: .*line 1/s],
  ['a: b\n c: d: e', /is not valid YAML/],
  ['a: *nothing', /is not valid YAML/],
  ['a: !vault x', /is not valid YAML: Unresolved tag: !vault/],
  ['- a', /must hold a mapping/],
  ['text', /must hold a mapping/],
  ['a: 1\n---\nb: 2', /is not valid YAML/],
];

for (const [text, message] of refused) {
  test(`extra variables ${JSON.stringify(text)} are refused`, () => {
    assert.throws(() => withFile(text, (path) => readVariables(path, 'extra file')), {
      code: 'SKY_E_CONFIG',
      message,
    });
  });
}

test('a file that is not there is named', () => {
  assert.throws(() => readVariables('/nonexistent/x.yaml', 'agent extra file'), {
    code: 'SKY_E_CONFIG',
    message: /^agent extra file \/nonexistent\/x\.yaml: cannot be read: ENOENT/,
  });
});

test('aliases of aliases of aliases are refused', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [last, next] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg'])
    lines.push(`${next}: &${next} [${`*${last}, `.repeat(9)}]`);
  assert.throws(() => withFile(lines.join('\n'), (path) => readVariables(path, 'extra file')), {
    message: /Excessive alias count/,
  });
});

test('what is written means to PyYAML, which Ansible reads with, what was given', (t) => {
  const python = spawnSync('/usr/bin/python3', ['-c', 'import yaml'], { encoding: 'utf8' });
  if (python.status !== 0) {
    assert.ok(process.env['CI'] !== 'true', 'CI needs /usr/bin/python3 with yaml (package python3-yaml)');
    return t.skip('needs /usr/bin/python3 with yaml (package python3-yaml)');
  }
  const scalars = [
    ...[
      'x',
      'yes',
      'no',
      'y',
      'N',
      'on',
      'Off',
      'true',
      'null',
      '~',
      '',
      ' ',
      ' a',
      'a ',
      '=',
      '<<',
      '-',
      '- a',
      '?',
    ],
    ...[
      '1',
      '-1',
      '+1',
      '1_0',
      '0x1f',
      '0b1',
      '017',
      '0o17',
      '08',
      '1.',
      '.5',
      '1e3',
      '1.0e3',
      '1.0e+3',
      '.inf',
      '.NaN',
    ],
    ...['12:30', '1:2:3', '190:20:30.15', '2019-10-08', '2001-12-14 21:59:43.10 -5', '2019-13-45', '1,000'],
    ...[
      'a: b',
      'a:',
      ':a',
      'a #b',
      '#a',
      'a#b',
      '@a',
      '`a',
      '%a',
      '&a',
      '*a',
      '!a',
      '|',
      '>',
      "'",
      '"',
      "it's",
      '{a',
      '[b',
      'a]',
    ],
    ...[
      'a\nb',
      'a\n',
      '\n',
      'a\tb',
      'é',
      '☃',
      '\u0001',
      '\ufeff',
      '\u2028',
      '😀',
      'a\\nb',
      '{{ x }}',
      '---',
      '...',
    ],
  ];
  const plain = scalars.filter(
    (text) => (/^[\w+-][\w.:+-]*$/.test(text) && !/^-$|:$|-13-/.test(text)) || text === '~' || text === '.5',
  );
  const document = [
    ...scalars.map((text, index) => `q${index}: ${JSON.stringify(text)}`),
    ...plain.map((text, index) => `p${index}: ${text}`),
  ].join('\n');
  withFile(document, (path) => {
    const inventory = rendered(readVariables(path, 'extra file'));
    const compare = `import sys, yaml
given, written = yaml.safe_load(open(sys.argv[1])), yaml.safe_load(sys.stdin)
print([(k, v, written.get(k)) for k, v in given.items() if repr(v) != repr(written.get(k))], len(given))`;
    const run = spawnSync('/usr/bin/python3', ['-c', compare, path], { input: inventory, encoding: 'utf8' });
    assert.equal(run.stdout + run.stderr, `[] ${scalars.length + plain.length}\n`);
  });
});
