// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { host, repoRoot } from './appliance.js';

const script = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('skydive', sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
filters = module.FilterModule().filters()
for call in json.load(sys.stdin):
    try:
        answer = {'value': filters['skydive_' + call[0]](*call[1])}
    except Exception as error:
        answer = {'error': str(error)}
    print(json.dumps(answer))
`;
const keys = [
  { key: 'host_id', type: 'string' },
  { key: 'agent.topology.probes', type: 'list' },
  { key: 'agent.metadata', type: 'map' },
  { key: 'logging.level', type: 'string' },
  { key: 'auth.*.users', type: 'map', secret: true },
  { key: 'storage.*.driver', type: 'string' },
];
type Row = readonly [what: string, filter: string, args: readonly unknown[], wanted: unknown];
const facts = { eth1: { ipv4: { address: '10.1.0.1' } }, br_ex: { ipv4: { address: '10.2.0.1' } }, eth2: {} };
const host1 = { ansible_facts: { ...facts, default_ipv4: { address: '10.0.0.1' } } };

const rows: readonly Row[] = [
  ['nothing', 'extra_config', [null], {}],
  ['an empty text', 'extra_config', [''], {}],
  ['a dictionary', 'extra_config', [{ 'a.b': 1 }], { 'a.b': 1 }],
  [
    'the text of a dictionary',
    'extra_config',
    ["{'a.b': ['x', 'y'], 'c': None}"],
    { 'a.b': ['x', 'y'], c: null },
  ],
  ['JSON', 'extra_config', ['{"a.b": true}'], { 'a.b': true }],
  ['YAML', 'extra_config', ['a.b: [x]\nc: 1'], { 'a.b': ['x'], c: 1 }],
  [
    'what Ansible cut',
    'extra_config',
    ["{'agent.topology.probes':"],
    /skydive_extra_config: only .* cut .*-e '\{"/,
  ],
  ['a list', 'extra_config', [['a']], /skydive_extra_config: a dictionary/],
  ['a word', 'extra_config', ['word'], /skydive_extra_config: a dictionary/],
  ['no YAML', 'extra_config', ['{a: ]}'], /^skydive_extra_config: /],
  ['an empty name in a key', 'extra_config', [{ 'a..b': 1 }], /skydive_extra_config: 'a\.\.b'/],
  [
    'dotted keys go below',
    'settings',
    [{ flow: { protocol: 'udp' } }, { 'flow.update': 3 }, keys],
    { flow: { protocol: 'udp', update: 3 } },
  ],
  [
    'a section is merged',
    'settings',
    [{ agent: { listen: 'x' } }, { agent: { topology: { probes: ['a'] } } }, keys],
    { agent: { listen: 'x', topology: { probes: ['a'] } } },
  ],
  [
    'a map is replaced',
    'settings',
    [{ agent: { metadata: { a: 1 } } }, { 'agent.metadata': { b: 1 } }, keys],
    { agent: { metadata: { b: 1 } } },
  ],
  [
    'an entry of a map is added',
    'settings',
    [{ agent: { metadata: { a: 1 } } }, { 'agent.metadata.b.c': 1 }, keys],
    { agent: { metadata: { a: 1, 'b.c': 1 } } },
  ],
  [
    'a list is replaced',
    'settings',
    [{ agent: { topology: { probes: ['a', 'b'] } } }, { 'agent.topology.probes': ['c'] }, keys],
    { agent: { topology: { probes: ['c'] } } },
  ],
  [
    'an element of a list',
    'settings',
    [{ analyzers: ['a', 'b'] }, { 'analyzers[1]': 'c' }, keys],
    { analyzers: ['a', 'c'] },
  ],
  [
    'an element that is not there',
    'settings',
    [{ analyzers: ['a'] }, { 'analyzers[1]': 'c' }, keys],
    /analyzers\[1\]: the list has 1/,
  ],
  ['null removes', 'settings', [{ host_id: 'x', flow: 1 }, { host_id: null }, keys], { flow: 1 }],
  [
    'the file of a secret takes its place',
    'settings',
    [{ auth: { api: { users: { u: 'p' } } } }, { 'auth.api.users_file': '/run/users' }, keys],
    { auth: { api: { users_file: '/run/users' } } },
  ],
  ['entries in their order', 'settings', [{}, { a: { b: 1 }, 'a.c': 2 }, keys], { a: { b: 1, c: 2 } }],
  ['texts stay texts', 'settings', [{}, { 'flow.update': '600' }, keys], { flow: { update: '600' } }],
  [
    'known keys',
    'unknown_keys',
    [
      {
        'agent.metadata.x.y': 1,
        'storage.mine.driver': 'level',
        agent: { topology: { probes: [] } },
        'agent.topology.probes[0]': 'x',
      },
      keys,
    ],
    [],
  ],
  [
    'unknown keys name the nearest',
    'unknown_keys',
    [{ 'loging.level': 1, 'agent.topology.prob': 1, zzzzzzzzzz: 1 }, keys],
    [
      'skydive_extra_config: the configuration knows no key loging.level; is logging.level meant?',
      'skydive_extra_config: the configuration knows no key agent.topology.prob; is agent.topology.probes meant?',
      'skydive_extra_config: the configuration knows no key zzzzzzzzzz',
    ],
  ],
  [
    'changes, secrets masked',
    'changes',
    [
      { host_id: 'b', auth: { api: { users: { u: 'new' } } } },
      'host_id: a\nauth: {api: {users: {u: old}}}\nflow: 1',
      keys,
    ],
    ['auth.api.users.u: (secret) -> (secret)', 'flow: 1 -> absent', "host_id: 'a' -> 'b'"],
  ],
  ['no changes', 'changes', [{ a: 1 }, 'a: 1', keys], []],
  ['an interface', 'nic_address', [facts, 'eth1'], '10.1.0.1'],
  ['the fact of an interface', 'nic_address', [facts, 'ansible_eth1'], '10.1.0.1'],
  ['an interface with a dash', 'nic_address', [facts, 'br-ex'], '10.2.0.1'],
  ['an interface without address', 'nic_address', [facts, 'eth2'], ''],
  ['an unknown interface', 'nic_address', [facts, 'eth9'], ''],
  ['the address of the default route', 'host_address', [host1], '10.0.0.1'],
  ['skydive_nic before the default route', 'host_address', [{ ...host1, skydive_nic: 'eth1' }], '10.1.0.1'],
  [
    'skydive_listen_ip before skydive_nic',
    'host_address',
    [{ ...host1, skydive_nic: 'eth1', skydive_listen_ip: '10.3.0.1' }],
    '10.3.0.1',
  ],
  ['any address is none', 'host_address', [{ ...host1, skydive_listen_ip: '0.0.0.0' }], '10.0.0.1'],
  [
    'skydive_analyzer_ip first, of analyzers',
    'host_address',
    [{ ...host1, skydive_analyzer_ip: '10.4.0.1', skydive_listen_ip: '10.3.0.1' }, 'analyzer'],
    '10.4.0.1',
  ],
  [
    'skydive_analyzer_ip is not the agent’s',
    'host_address',
    [{ ...host1, skydive_analyzer_ip: '10.4.0.1' }],
    '10.0.0.1',
  ],
  ['any address is listened on', 'listen_address', [{ ...host1, skydive_listen_ip: '0.0.0.0' }], '0.0.0.0'],
  ['an IPv6 address', 'listen_address', [{ ...host1, skydive_listen_ip: '[fd00::1]' }], 'fd00::1'],
  ['a port', 'with_port', ['10.0.0.1', '8082'], '10.0.0.1:8082'],
  ['a port of IPv6', 'with_port', ['fd00::1', 8082], '[fd00::1]:8082'],
  [
    'a new file of iptables',
    'iptables_file',
    ['', [{ protocol: 'tcp', port: 8082, comment: 'Skydive: API' }]],
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 8082 -m comment --comment "Skydive: API" -j ACCEPT\nCOMMIT\n',
  ],
  [
    'the own rules leave a file',
    'iptables_file',
    [
      '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 1 -m comment --comment "Skydive: API" -j ACCEPT\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n',
      [],
    ],
    '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n',
  ],
  [
    'a file that was ours alone',
    'iptables_file',
    ['*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n', []],
    '',
  ],
];

for (const version of ['oldest', 'newest'] as const) {
  test(`the filters of the roles, on the ${version} Ansible`, async (t) => {
    const plugin = join(repoRoot, 'ansible/roles/skydive_common/filter_plugins/skydive.py');
    const said = execFileSync(join(host()[version], 'python'), ['-c', script, plugin], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      input: JSON.stringify(rows.map(([, filter, args]) => [filter, args])),
      encoding: 'utf8',
    });
    const answers = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { value?: unknown; error?: string });
    for (const [index, [what, filter, , wanted]] of rows.entries()) {
      await t.test(`${filter}: ${what}`, () => {
        const { value, error } = answers[index]!;
        if (wanted instanceof RegExp) assert.match(error ?? 'no error', wanted);
        else assert.deepEqual(error ?? value, wanted);
      });
    }
  });
}

const documented = { 'agent.topology.probes': ['socketinfo', 'docker'], 'logging.level': 'DEBUG' };
const dictionary = "{'agent.topology.probes': ['socketinfo', 'docker'], 'logging.level': 'DEBUG'}";
const playbook = `- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "GIVEN {{ skydive_extra_config | skydive_extra_config | to_json | b64encode }} END"
`;
/** Inventory and arguments of each way that Ansible has to pass the documented dictionary. */
const ways: Readonly<Record<string, readonly [inventory: string, ...args: string[]]>> = {
  'the INI inventory of the documentation': [`here\n[all:vars]\nskydive_extra_config=${dictionary}\n`],
  'the line of a host': [`here skydive_extra_config="${dictionary}"\n`],
  'a YAML inventory': [
    `all:\n  hosts: {here: }\n  vars: {skydive_extra_config: ${JSON.stringify(documented)}}\n`,
  ],
  '-e JSON': ['here\n', '-e', JSON.stringify({ skydive_extra_config: documented })],
  '-e JSON with the dictionary as text': [
    'here\n',
    '-e',
    JSON.stringify({ skydive_extra_config: dictionary }),
  ],
  '-e name="dictionary"': ['here\n', '-e', `skydive_extra_config="${dictionary}"`],
  '-e name=dictionary without spaces': [
    'here\n',
    '-e',
    `skydive_extra_config=${dictionary.replaceAll(' ', '')}`,
  ],
};

for (const version of ['oldest', 'newest'] as const) {
  for (const [way, [inventory, ...args]] of Object.entries(ways)) {
    test(`skydive_extra_config arrives by ${way}, on the ${version} Ansible`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'skydive-extra-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const hosts = join(folder, inventory.startsWith('all:') ? 'hosts.yml' : 'hosts');
      writeFileSync(hosts, inventory);
      writeFileSync(join(folder, 'show.yml'), playbook);
      const run = spawnSync(
        join(host()[version], 'ansible-playbook'),
        ['-i', hosts, join(folder, 'show.yml'), ...args],
        {
          cwd: folder,
          encoding: 'utf8',
          env: {
            PATH: process.env['PATH'],
            HOME: folder,
            LANG: 'C.UTF-8',
            PYTHONDONTWRITEBYTECODE: '1',
            ANSIBLE_FILTER_PLUGINS: join(repoRoot, 'ansible/roles/skydive_common/filter_plugins'),
          },
        },
      );
      const given = /GIVEN (\S+) END/.exec(run.stdout)?.[1] ?? '';
      assert.deepEqual(
        JSON.parse(Buffer.from(given, 'base64').toString() || '"nothing"'),
        documented,
        run.stdout,
      );
      assert.doesNotMatch(run.stderr, /DEPRECATION/);
    });
  }
}
