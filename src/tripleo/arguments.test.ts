// SPDX-License-Identifier: Apache-2.0
// deployment.md §2.1, parsing rules; the outcomes were taken from argparse under oslo.config 9.0 (Python 3.11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments, UsageError } from './arguments.js';
import { options } from './options.js';

const understood: readonly [readonly string[], readonly [string, string][]][] = [
  [[], []],
  [['--undercloud-params', 'u.yaml'], [['undercloud-params-file', 'u.yaml']]],
  [['--extra', 'e'], [['extra-file', 'e']]],
  [['--agent', 'e'], [['agent-extra-file', 'e']]],
  [['--analyzer', 'e'], [['analyzer-extra-file', 'e']]],
  [['--inv', 'e'], [['inventory-file', 'e']]],
  [['--user', 'e'], [['username', 'e']]],
  [['--plan=x'], [['plan', 'x']]],
  [['--pl=a=b'], [['plan', 'a=b']]],
  [['--plan='], [['plan', '']]],
  [['--plan', ''], [['plan', '']]],
  [['--plan', '-5'], [['plan', '-5']]],
  [['--plan', '-'], [['plan', '-']]],
  [['--plan', '-a b'], [['plan', '-a b']]],
  [
    ['--plan', 'a', '--plan', 'b'],
    [
      ['plan', 'a'],
      ['plan', 'b'],
    ],
  ],
  [['--os-auth-token', 't'], [['os-auth-token', 't']]],
  [['--timeout=5'], [['timeout', '5']]],
  [['--container-params-file', 'c'], [['container-params-file', 'c']]],
];

for (const [words, given] of understood) {
  test(`arguments ${JSON.stringify(words)} are understood`, () => {
    const line = readArguments(words);
    assert.deepEqual(
      line.given.map(({ name, value }) => [name, value]),
      given,
    );
    assert.equal(line.help, false);
  });
}

for (const option of options) {
  test(`--${option.name} takes its value from the next word and after an equals sign`, () => {
    const expected = [{ name: option.name, value: 'v' }];
    assert.deepEqual(readArguments([`--${option.name}`, 'v']).given, expected);
    assert.deepEqual(readArguments([`--${option.name}=v`]).given, expected);
  });
}

const every =
  '--help, --agent-extra-file, --analyzer-extra-file, --ansible-ssh-user, --auth-token, --auth-url, --cacert, ' +
  '--config-dir, --config-file, --extra-file, --inventory-file, --password, --plan, --project-name, ' +
  '--undercloud-params-file, --username';

const refused: readonly [readonly string[], string][] = [
  [['--p'], 'ambiguous option: --p could match --password, --plan, --project-name'],
  [['--p=x'], 'ambiguous option: --p=x could match --password, --plan, --project-name'],
  [['--config'], 'ambiguous option: --config could match --config-dir, --config-file'],
  [['--c'], 'ambiguous option: --c could match --cacert, --config-dir, --config-file'],
  [
    ['--a', 'x'],
    'ambiguous option: --a could match --agent-extra-file, --analyzer-extra-file, --ansible-ssh-user, --auth-token, --auth-url',
  ],
  [['--auth'], 'ambiguous option: --auth could match --auth-token, --auth-url'],
  [['--u', 'x'], 'ambiguous option: --u could match --undercloud-params-file, --username'],
  [['--=x'], `ambiguous option: --=x could match ${every}`],
  [['--plan'], 'argument --plan: expected one argument'],
  [['--plan', '-x'], 'argument --plan: expected one argument'],
  [['--plan', '--'], 'argument --plan: expected one argument'],
  [['--plan', '--user', 'x'], 'argument --plan: expected one argument'],
  [['--help=x'], "argument -h/--help: ignored explicit argument 'x'"],
  [['-hx'], "argument -h/--help: ignored explicit argument 'x'"],
  [['-h=x'], "argument -h/--help: ignored explicit argument 'x'"],
  [['--version'], 'unrecognized arguments: --version'],
  [['foo', '--plan', 'x', 'bar'], 'unrecognized arguments: foo bar'],
  [['--bogus', 'v'], 'unrecognized arguments: --bogus v'],
  [['--bogus=v'], 'unrecognized arguments: --bogus=v'],
  [['-x'], 'unrecognized arguments: -x'],
  [['-p'], 'unrecognized arguments: -p'],
  [['-plan', 'x'], 'unrecognized arguments: -plan x'],
  [['-1'], 'unrecognized arguments: -1'],
  [['--foo bar'], 'unrecognized arguments: --foo bar'],
  [['--'], 'unrecognized arguments: --'],
  [['--', '--plan', 'x'], 'unrecognized arguments: -- --plan x'],
  // Not part of the documented usage: by their full names only.
  [['--os', 'x'], 'unrecognized arguments: --os x'],
  [['--time', '1'], 'unrecognized arguments: --time 1'],
  [['--container', 'x'], 'unrecognized arguments: --container x'],
];

for (const [words, message] of refused) {
  test(`arguments ${JSON.stringify(words)} are refused`, () => {
    assert.throws(() => readArguments(words), new UsageError(message));
  });
}

for (const words of [['-h'], ['--help'], ['--he'], ['--plan', 'x', '--bogus', '--help']]) {
  test(`arguments ${words.join(' ')} ask for help`, () => {
    assert.equal(readArguments(words).help, true);
  });
}
