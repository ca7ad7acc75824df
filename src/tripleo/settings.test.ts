// SPDX-License-Identifier: Apache-2.0
// deployment.md §2.1: defaults and configuration files.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readArguments } from './arguments.js';
import { type Environment, type OptionName, options } from './options.js';
import { readSettings, type Settings } from './settings.js';

/** Settings with `files` in a folder that has `home` and `etc`; `@` in words and variables is that folder. */
function settingsOf(
  words: readonly string[],
  { files = {}, environment = {} }: { files?: Record<string, string>; environment?: Environment } = {},
): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
  try {
    for (const [path, text] of Object.entries({ 'home/.keep': '', 'etc/.keep': '', ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const placed = Object.entries(environment).map(([name, value]) => [name, value?.replace('@', folder)]);
    const env = { HOME: join(folder, 'home'), ...Object.fromEntries(placed) };
    const line = readArguments(words.map((word) => word.replace('@', folder)));
    return readSettings(line.given, env, join(folder, 'etc'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const plan = (name: string) => `[DEFAULT]\nplan = ${name}\n`;

const defaults: Readonly<Record<OptionName, string | undefined>> = {
  'agent-extra-file': undefined,
  'analyzer-extra-file': undefined,
  'ansible-ssh-user': 'heat-admin',
  'auth-token': undefined,
  'auth-url': undefined,
  cacert: undefined,
  'config-dir': undefined,
  'config-file': undefined,
  'container-params-file': undefined,
  'extra-file': undefined,
  'inventory-file': 'skydive-inventory.yaml',
  'os-auth-token': undefined,
  password: undefined,
  plan: 'overcloud',
  'project-name': undefined,
  timeout: '60',
  'undercloud-params-file': undefined,
  username: undefined,
};

for (const { name } of options) {
  test(`--${name} without any value is ${defaults[name] ?? 'not set'}`, () => {
    assert.equal(settingsOf([]).get(name), defaults[name]);
  });
}

const variables: readonly [string, OptionName][] = [
  ['ANSIBLE_SSH_USER', 'ansible-ssh-user'],
  ['OS_AUTH_TOKEN', 'auth-token'],
  ['OS_AUTH_URL', 'auth-url'],
  ['OS_CACERT', 'cacert'],
  ['OS_PASSWORD', 'password'],
  ['OS_PROJECT_NAME', 'project-name'],
  ['OS_TENANT_NAME', 'project-name'],
  ['OS_USERNAME', 'username'],
  ['TRIPLEO_PLAN_NAME', 'plan'],
];

for (const [variable, name] of variables) {
  test(`${variable} is the default of --${name}`, () => {
    const environment = { [variable]: 'from $plan env' };
    assert.equal(settingsOf([], { environment }).get(name), 'from $plan env');
    assert.equal(settingsOf([`--${name}`, 'given'], { environment }).get(name), 'given');
    const files = { 'home/skydive-tripleo-inventory.conf': `[DEFAULT]\n${name.replaceAll('-', '_')}=file\n` };
    assert.equal(settingsOf([], { environment, files }).get(name), 'file');
    assert.equal(settingsOf([], { environment: { [variable]: '' } }).get(name), defaults[name]);
  });
}

test('OS_PROJECT_NAME beats OS_TENANT_NAME', () => {
  const environment = { OS_TENANT_NAME: 'tenant', OS_PROJECT_NAME: 'project' };
  assert.equal(settingsOf([], { environment }).get('project-name'), 'project');
});

const homeAndEtc = {
  'home/skydive-tripleo-inventory.conf': plan('home'),
  'etc/skydive-tripleo-inventory.conf': plan('etc'),
};
const given = {
  ...homeAndEtc,
  'c.conf': plan('c'),
  'd.conf': plan('d'),
  'other.conf': '[DEFAULT]\nusername = other\n',
  'dir/20.conf': plan('dir20'),
  'dir/10.conf': `${plan('dir10')}username = dir10\n`,
  'dir/30.txt': plan('text'),
  'dir/.40.conf': plan('hidden'),
};

const precedence: readonly [string, readonly string[], string, Record<string, string>?, Environment?][] = [
  ['~/ comes before /etc', [], 'home', homeAndEtc],
  ['/etc when there is none in ~/', [], 'etc', { 'etc/skydive-tripleo-inventory.conf': plan('etc') }],
  ['TRIPLEO_INVENTORY_CONFIG instead of both', [], 'c', given, { TRIPLEO_INVENTORY_CONFIG: '@/c.conf' }],
  [
    'a default directory after the default file',
    [],
    'late',
    { ...homeAndEtc, 'home/skydive-tripleo-inventory.conf.d/a.conf': plan('late') },
  ],
  [
    '/etc has a default directory too',
    [],
    'late',
    { ...homeAndEtc, 'etc/skydive-tripleo-inventory.conf.d/a.conf': plan('late') },
  ],
  [
    'one default directory only',
    [],
    'home-d',
    {
      'home/skydive-tripleo-inventory.conf.d/a.conf': plan('home-d'),
      'etc/skydive-tripleo-inventory.conf.d/z.conf': plan('etc-d'),
    },
  ],
  [
    'a default directory with a given file, which comes later',
    ['--config-file', '@/c.conf'],
    'c',
    { ...given, 'home/skydive-tripleo-inventory.conf.d/a.conf': plan('late') },
  ],
  ['an argument beats the default file', ['--plan', 'cli'], 'cli', homeAndEtc],
  ['a file after an argument', ['--plan', 'cli', '--config-file', '@/c.conf'], 'c', given],
  ['an argument after a file', ['--config-file', '@/c.conf', '--plan', 'cli'], 'cli', given],
  ['the later of two files', ['--config-file', '@/c.conf', '--config-file', '@/d.conf'], 'd', given],
  ['files value by value', ['--config-file', '@/c.conf', '--config-file', '@/other.conf'], 'c', given],
  ['a given file switches the default file off', ['--config-file', '@/other.conf'], 'overcloud', given],
  ['abbreviated too', ['--config-f', '@/other.conf'], 'overcloud', given],
  ['a directory in the order of names, *.conf only', ['--config-dir', '@/dir'], 'dir20', given],
  ['a directory after a file', ['--config-file', '@/c.conf', '--config-dir', '@/dir'], 'dir20', given],
  ['a file after a directory', ['--config-dir', '@/dir', '--config-file', '@/c.conf'], 'c', given],
  ['an argument after a directory', ['--config-dir', '@/dir', '--plan', 'cli'], 'cli', given],
  ['a repeated option', ['--plan', 'a', '--plan', 'b'], 'b'],
  ['~ in the path of a file', ['--config-file', '~/x.conf'], 'x', { 'home/x.conf': plan('x') }],
  ['~ in the path of a directory', ['--config-dir', '~/x'], 'x', { 'home/x/a.conf': plan('x') }],
];

for (const [name, words, expected, files = {}, environment = {}] of precedence) {
  test(`which plan: ${name}`, () => {
    assert.equal(settingsOf(words, { files, environment }).get('plan'), expected);
  });
}

test('a given directory does not switch the default file off', () => {
  const files = {
    'home/skydive-tripleo-inventory.conf': '[DEFAULT]\npassword=home\nusername=home\n',
    'dir/a.conf': '[DEFAULT]\nusername=dir\n',
  };
  const settings = settingsOf(['--config-dir', '@/dir'], { files });
  assert.equal(settings.get('password'), 'home');
  assert.equal(settings.get('username'), 'dir');
});

test('every option but the two that name files can stand in a file, with underscores', () => {
  const names = options.map((option) => option.name).filter((name) => !name.startsWith('config-'));
  const lines = names.map((name) => `${name.replaceAll('-', '_')} = v-${name}`);
  const files = {
    'c.conf': `[DEFAULT]\n${lines.join('\n')}\nconfig_file = x\nauth-url = hyphen\nno_such = 1\n`,
  };
  const settings = settingsOf(['--config-file', '@/c.conf'], { files });
  for (const name of names) assert.equal(settings.get(name), `v-${name}`);
  assert.equal(settings.get('config-file'), undefined);
});

const missing: readonly [readonly string[], RegExp, Environment?][] = [
  [['--config-file', '@/none.conf'], /^Failed to find some config files: .*\/none\.conf$/],
  [['--config-file', '@/home'], /^Failed to open .*\/home: EISDIR/],
  [['--config-dir', '@/none'], /^Failed to read config file directory: .*\/none$/],
  [[], /^Failed to find some config files: .*\/none\.conf$/, { TRIPLEO_INVENTORY_CONFIG: '@/none.conf' }],
];

for (const [words, message, environment = {}] of missing) {
  test(`a configuration that is not there is an error: ${words.join(' ') || 'default file'}`, () => {
    assert.throws(() => settingsOf(words, { environment }), { code: 'SKY_E_CONFIG', message });
  });
}

test('values of files refer to options, other dollars stay', () => {
  const files = {
    'c.conf':
      '[DEFAULT]\nplan=p\ninventory_file=${plan}-$username.yaml\npassword=a$$b\\$c$plan$x$ 5$5$\ncacert=$extra_file\n',
  };
  const settings = settingsOf(['--config-file', '@/c.conf', '--username', 'u$plan'], { files });
  assert.equal(settings.get('inventory-file'), 'p-u$plan.yaml');
  assert.equal(settings.get('password'), 'a$b$cp$x$ 5$5$');
  assert.equal(settings.get('cacert'), '');
});

test('references in a circle are an error', () => {
  const files = { 'c.conf': '[DEFAULT]\nplan=$username\nusername=$plan\n' };
  const settings = settingsOf(['--config-file', '@/c.conf'], { files });
  assert.throws(() => settings.get('plan'), { code: 'SKY_E_CONFIG', message: /plan, username, plan/ });
});
