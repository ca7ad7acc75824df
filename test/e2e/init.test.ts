// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { roomKeys } from '../../src/cli/keys.js';
import type { Config } from '../../src/config/key.js';
import { loadConfig } from '../../src/config/load.js';
import { bundle, skydive } from './cli-fixture.js';
import { Terminal, terminalOrSkip } from './terminal.js';

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-init-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function load(file: string): Promise<Config> {
  const { config, warnings } = await loadConfig({ files: [file], env: {}, options: {}, rooms: roomKeys });
  assert.deepEqual(warnings, []);
  return config;
}

/** Runs `skydive init` without a terminal; the file it wrote, loaded. */
async function configured(t: TestContext, ...options: string[]): Promise<Config> {
  const file = join(newFolder(t), 'skydive.yml');
  const { code, stdout, stderr } = await skydive(['init', ...options, '--output', file]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(`${file} is written`), stdout);
  return load(file);
}

test('an agent: its analyzers, with the default port where there is none', async (t) => {
  const config = await configured(t, '--role', 'agent', '--analyzers', '10.0.0.4, an2:9000');
  assert.deepEqual(config.getList('analyzers'), ['10.0.0.4:8082', 'an2:9000']);
  assert.equal(config.getString('analyzer.auth.api.backend'), 'noauth');
});

test('an analyzer: its address, authentication of users and of the cluster', async (t) => {
  const config = await configured(
    t,
    ...['--role', 'analyzer', '--auth', 'basic', '--username', 'bob', '--password', '0123'],
    ...['--cluster-username', 'agents', '--cluster-password', 'yes: {"'],
  );
  assert.equal(config.getString('analyzer.listen'), '0.0.0.0:8082');
  assert.equal(config.getString('analyzer.auth.api.backend'), 'basic');
  assert.deepEqual(config.getMap('auth.basic.users'), { bob: '0123' });
  assert.equal(config.getString('analyzer.auth.cluster.backend'), 'cluster');
  assert.equal(config.getString('analyzer.auth.cluster.username'), 'agents');
  assert.equal(config.getString('auth.cluster.type'), 'basic');
  assert.deepEqual(config.getMap('auth.cluster.users'), { agents: 'yes: {"' });
});

test('analyzers that share the topology share etcd servers', async (t) => {
  const config = await configured(
    t,
    ...['--role', 'analyzer', '--peers', 'an2', '--etcd', 'http://e1:2379,http://e2:2379'],
  );
  assert.deepEqual(config.getList('analyzers'), ['an2:8082']);
  assert.equal(config.getBool('etcd.embedded'), false);
  assert.deepEqual(config.getList('etcd.servers'), ['http://e1:2379', 'http://e2:2379']);
});

test('users of OpenStack', async (t) => {
  const config = await configured(
    t,
    ...['--role', 'allinone', '--auth', 'keystone', '--keystone-url', 'https://os:5000/v3'],
  );
  assert.equal(config.getString('analyzer.listen'), '127.0.0.1:8082');
  assert.equal(config.getString('analyzer.auth.api.backend'), 'keystone');
  assert.equal(config.getString('auth.keystone.auth_url'), 'https://os:5000/v3');
});

test('TLS with the pair of this host, whose files are there', async (t) => {
  const folder = newFolder(t);
  const tls = join(folder, 'tls');
  const file = join(folder, 'skydive.yml');
  const options = ['init', '--role', 'allinone', '--tls', tls, '--tls-host', 'h1', '--output', file];
  const before = await skydive(options);
  assert.match(before.stderr, /--tls ".*": there is no ca\.crt in .*: make it with "skydive tls init/);
  assert.equal(before.code, 1);
  assert.equal((await skydive(['tls', 'init', tls, '--analyzer', 'h1'])).code, 0);
  assert.match((await skydive(options)).stderr, /analyzer-h1\.crt does not name 127\.0\.0\.1/);
  assert.equal((await skydive(['tls', 'init', tls, '--analyzer', 'h1,127.0.0.1', '--force'])).code, 0);
  assert.match((await skydive([...options, '--tls-host', 'h2'])).stderr, /there is no .*analyzer-h2\.crt/);
  assert.equal(existsSync(file), false);

  assert.equal((await skydive(options)).stderr, '');
  const config = await load(file);
  const pair = join(tls, 'analyzer-h1');
  assert.equal(config.getString('tls.ca_cert'), join(tls, 'ca.crt'));
  for (const side of ['server', 'client']) {
    assert.equal(config.getString(`tls.${side}_cert`), `${pair}.crt`);
    assert.equal(config.getString(`tls.${side}_key`), `${pair}.key`);
  }
});

test('passwords can come from files, and are readable by the owner only', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'skydive.yml');
  writeFileSync(join(folder, 'password'), 'from a file\n');
  const { code, stdout } = await skydive([
    ...['init', '--role', 'analyzer', '--auth', 'basic', '--password-file', join(folder, 'password')],
    ...['--output', file],
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /readable by its owner only/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual((await load(file)).getMap('auth.basic.users'), { admin: 'from a file' });
});

test('a file that is there stays unless it may be replaced', async (t) => {
  const file = join(newFolder(t), 'skydive.yml');
  writeFileSync(file, 'mine\n');
  const options = ['init', '--role', 'allinone', '--output', file];
  const kept = await skydive(options);
  assert.equal(kept.code, 1);
  assert.match(kept.stderr, /skydive\.yml is there already and stays as it is: --force replaces it/);
  assert.equal(readFileSync(file, 'utf8'), 'mine\n');
  assert.equal((await skydive([...options, '--force'])).code, 0);
  assert.equal((await load(file)).getString('analyzer.listen'), '127.0.0.1:8082');
});

const refused: readonly [string, readonly string[], RegExp][] = [
  [
    'nothing',
    [],
    /no terminal to ask on: give --role allinone\|agent\|analyzer\|inventory; agent also needs --analyzers, inventory --analyzers and --agents/,
  ],
  [
    'an agent without analyzers',
    ['--role', 'agent'],
    /no terminal to ask on: give --analyzers host\[:port\],…;/,
  ],
  [
    'an inventory without hosts',
    ['--role', 'inventory'],
    /give --analyzers host\[:port\],…, --agents host,…;/,
  ],
  [
    'a user without password',
    ['--role', 'analyzer', '--auth', 'basic'],
    /give --password text \(or --password-file\)/,
  ],
  ['an unknown role', ['--role', 'boss'], /--role "boss": it is one of allinone, agent, analyzer, inventory/],
  [
    'an unknown authentication',
    ['--role', 'analyzer', '--auth', 'x'],
    /--auth "x": it is one of none, basic, keystone/,
  ],
  [
    'a bad address',
    ['--role', 'analyzer', '--listen', '1.2.3.4'],
    /--listen "1\.2\.3\.4": .*the port is missing/,
  ],
  ['a bad analyzer', ['--role', 'agent', '--analyzers', 'a:b:c'], /--analyzers "a:b:c": /],
  [
    'an answer without a question',
    ['--role', 'agent', '--analyzers', 'a', '--etcd', 'http://e'],
    /--etcd "http:\/\/e": it has no meaning for --role agent/,
  ],
  [
    'a capital in the name of a user',
    ['--role', 'analyzer', '--auth', 'basic', '--username', 'Bob'],
    /neither capitals nor dots/,
  ],
  [
    'two passwords',
    ['--role', 'analyzer', '--password', 'a', '--password-file', '-'],
    /give --password or --password-file, not both/,
  ],
  [
    'etcd that is no URL',
    ['--role', 'analyzer', '--peers', 'a', '--etcd', 'e1'],
    /"e1" is no http:\/\/ or https:\/\/ URL/,
  ],
];
for (const [what, options, expected] of refused) {
  test(`without a terminal ${what} is refused, naming the option`, async (t) => {
    const file = join(newFolder(t), 'out.yml');
    const { code, stdout, stderr } = await skydive(['init', ...options, '--output', file]);
    assert.equal(stdout, '');
    assert.match(stderr, expected);
    assert.equal(code, 1);
    assert.equal(existsSync(file), false);
  });
}

test('no message shows a password', async () => {
  const { stderr } = await skydive([
    'init',
    '--role',
    'agent',
    '--analyzers',
    'a',
    '--password',
    'hidden-pw',
  ]);
  assert.match(stderr, /--password: it has no meaning/);
  assert.ok(!stderr.includes('hidden-pw'));
});

const inventoryOptions = [
  ...['init', '--role', 'inventory', '--analyzers', '10.0.0.4', '--agents', 'localhost,node-1.example'],
  ...['--auth', 'basic', '--username', 'Ops', '--password', "0123 {{ x }} 'é", '--cluster-password', 'yes'],
];

test('an inventory names the hosts and the variables of the roles', async () => {
  const { code, stdout, stderr } = await skydive([...inventoryOptions, '--output', '-']);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const text = stdout.replace('!unsafe ', '');
  assert.notEqual(text, stdout, 'a password is no template');
  assert.deepEqual(parse(text), {
    skydive: {
      children: {
        analyzers: { hosts: { '10.0.0.4': {} } },
        agents: { hosts: { localhost: { ansible_connection: 'local' }, 'node-1.example': {} } },
      },
      vars: {
        skydive_listen_ip: '0.0.0.0',
        skydive_auth_type: 'basic',
        skydive_username: 'Ops',
        skydive_password: "0123 {{ x }} 'é",
        skydive_cluster_username: 'skydive',
        skydive_cluster_password: 'yes',
      },
    },
  });
});

test('without a password for the cluster each inventory gets one of its own', async () => {
  const options = ['init', '--role', 'inventory', '--analyzers', 'a', '--agents', 'b', '--output', '-'];
  const passwords = [];
  for (const { stdout, code } of [await skydive(options), await skydive(options)]) {
    assert.equal(code, 0);
    const { skydive_cluster_username: user, skydive_cluster_password: password } = parse(stdout).skydive.vars;
    assert.equal(user, 'skydive');
    assert.match(password, /^[\w-]{24}$/);
    passwords.push(password);
  }
  assert.notEqual(passwords[0], passwords[1]);
});

async function wizard(t: TestContext, ...options: string[]): Promise<Terminal | undefined> {
  if (!(await terminalOrSkip(t))) return undefined;
  const terminal = new Terminal([process.execPath, bundle, 'init', ...options], {});
  t.after(() => terminal.kill());
  return terminal;
}

const down = '\u001b[B';

test('on a terminal every question is asked', async (t) => {
  const file = join(newFolder(t), 'skydive.yml');
  const terminal = await wizard(t);
  if (terminal === undefined) return;
  await terminal.shows(/What is to be deployed\?[\s\S]*several hosts, by Ansible/);
  terminal.type(`${down}${down}\r`);
  await terminal.shows(/Other analyzers to share the topology with/);
  terminal.type('\r');
  await terminal.shows(/Address of the analyzer .*0\.0\.0\.0:8082/);
  terminal.type('nonsense\r');
  await terminal.shows(/the port is missing|unknown port/);
  terminal.type(`${'\u007f'.repeat(8)}127.0.0.1:28001\r`);
  await terminal.shows(/Folder that `skydive tls init` wrote/);
  terminal.type('\r');
  await terminal.shows(/Who may use the API\?[\s\S]*users of OpenStack/);
  terminal.type(`${down}\r`);
  await terminal.shows(/User of the API: .*admin/);
  terminal.type('\r');
  await terminal.shows(/Password of admin:/);
  terminal.type('hidden-pw\r');
  const shown = await terminal.shows(/User by which agents and analyzers know each other/);
  assert.ok(!shown.includes('hidden-pw'));
  terminal.type('\r');
  await terminal.shows(/File to write:/);
  terminal.type(`${'\u007f'.repeat(40)}${file}\r`);
  await terminal.shows(/is written, readable by its owner only/);
  assert.equal(await terminal.ends(), 0);
  const config = await load(file);
  assert.equal(config.getString('analyzer.listen'), '127.0.0.1:28001');
  assert.deepEqual(config.getMap('auth.basic.users'), { admin: 'hidden-pw' });
});

test('on a terminal only what no option answers is asked, and a file is replaced only when allowed', async (t) => {
  const file = join(newFolder(t), 'skydive.yml');
  writeFileSync(file, 'mine\n');
  const options = ['--role', 'agent', '--tls', '', '--cluster-username', '', '--output', file];
  for (const [answer, code] of [
    ['\r', 1],
    ['y\r', 0],
  ] as const) {
    const terminal = await wizard(t, ...options);
    if (terminal === undefined) return;
    await terminal.shows(/Analyzers to connect to/);
    terminal.type('\r');
    await terminal.shows(/there has to be one/);
    terminal.type('10.0.0.4\r');
    await terminal.shows(/is there already\. Replace it\?/);
    terminal.type(answer);
    assert.equal(await terminal.ends(), code);
    if (code === 1) assert.equal(readFileSync(file, 'utf8'), 'mine\n');
  }
  assert.deepEqual((await load(file)).getList('analyzers'), ['10.0.0.4:8082']);
});

test('^C writes nothing', async (t) => {
  const file = join(newFolder(t), 'skydive.yml');
  const terminal = await wizard(t, '--role', 'allinone', '--output', file);
  if (terminal === undefined) return;
  await terminal.shows(/Address of the analyzer/);
  terminal.type('\u0003');
  await terminal.shows(/stopped, nothing was written/);
  assert.equal(await terminal.ends(), 1);
  assert.equal(existsSync(file), false);
});
