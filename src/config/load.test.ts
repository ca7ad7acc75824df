// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SkydiveError } from '../errors.js';
import { type ConfigKey, type ConfigValue, declareKeys } from './key.js';
import { type LoadRequest, loadConfig } from './load.js';

const keys: readonly ConfigKey[] = declareKeys([
  { key: 'host_id', type: 'string', default: 'thishost', doc: '' },
  { key: 'analyzers', type: 'list', format: 'address', doc: '' },
  { key: 'agent.listen', type: 'string', default: '127.0.0.1:8081', format: 'address', doc: '' },
  { key: 'agent.topology.probes', type: 'list', default: ['ovsdb'], doc: '' },
  { key: 'agent.topology.netns.run_path', type: 'string', default: '/var/run/netns', doc: '' },
  { key: 'agent.metadata', type: 'map', doc: '' },
  { key: 'agent.files', type: 'any', doc: '' },
  { key: 'analyzer.listen', type: 'string', default: '127.0.0.1:8082', doc: '' },
  { key: 'old.auth.one', type: 'string', default: 'noauth', doc: '', deprecated: ['auth.type'] },
  { key: 'old.auth.two', type: 'string', doc: '', deprecated: ['auth.type'] },
  {
    key: 'old.limit',
    type: 'int',
    default: 9,
    doc: '',
    deprecated: ['gone.limit'],
    check: (v) => (Number(v) > 0 ? undefined : 'must be > 0'),
  },
  { key: 'auth.*.type', type: 'string', doc: '' },
  { key: 'analyzer.ssh_enabled', type: 'bool', doc: '' },
  {
    key: 'flow.update',
    type: 'int',
    default: 60,
    doc: '',
    check: (v) => (Number(v) > 0 ? undefined : 'must be > 0'),
  },
  { key: 'flow.application_timeout', type: 'map', default: { arp: 10, dns: 10 }, doc: '' },
  { key: 'flow.enabled', type: 'bool', default: true, doc: '' },
  { key: 'ui', type: 'map', default: {}, doc: '' },
  { key: 'storage.*.driver', type: 'string', doc: '', inherits: true },
  { key: 'storage.*.hosts', type: 'list', doc: '' },
  {
    key: 'storage.*.password',
    type: 'string',
    doc: '',
    secret: true,
    check: (v) => (v === 'bad' ? 'no' : undefined),
  },
  { key: 'storage.memory.driver', type: 'string', default: 'memory', doc: '' },
  { key: 'storage.elasticsearch.driver', type: 'string', default: 'elasticsearch', doc: '' },
  { key: 'storage.elasticsearch.hosts', type: 'list', default: ['http://127.0.0.1:9200'], doc: '' },
  { key: 'storage.elasticsearch.bulk_maxdelay', type: 'int', default: 5, doc: '' },
  { key: 'storage.*.max_age', type: 'duration', doc: '' },
  { key: 'storage.level.max_size', type: 'size', default: '10GiB', doc: '' },
]);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skydive-config-'));
});
after(() => rm(folder, { recursive: true, force: true }));

let count = 0;
async function load(texts: readonly string[], rest: Partial<LoadRequest> = {}) {
  const files: string[] = [];
  for (const text of texts) {
    const path = join(folder, `${count++}.yml`);
    await writeFile(path, text);
    files.push(path);
  }
  const defaultFile = join(folder, 'absent.yml');
  return loadConfig({ files, env: {}, options: {}, rooms: [keys], defaultFile, ...rest });
}

/** What loading refuses to do, as text. */
async function refused(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SkydiveError, `expected a refusal, got ${String(error)}`);
  assert.equal(error.code, 'SKY_E_CONFIG');
  return error.message.replaceAll(folder, '');
}

type Row = [
  name: string,
  key: string,
  want: ConfigValue | undefined,
  texts: string[],
  rest?: Partial<LoadRequest>,
];

const env = (values: Record<string, string>): Partial<LoadRequest> => ({ env: values });
const rows: Row[] = [
  // Precedence (§1), pairwise.
  ['the default counts when nothing is said', 'flow.update', 60, []],
  ['a file beats the default', 'flow.update', 61, ['flow: {update: 61}']],
  [
    'a variable beats the file',
    'flow.update',
    62,
    ['flow: {update: 61}'],
    env({ SKYDIVE_FLOW_UPDATE: '62' }),
  ],
  [
    'an option beats the variable',
    'flow.update',
    63,
    ['flow: {update: 61}'],
    { env: { SKYDIVE_FLOW_UPDATE: '62' }, options: { 'flow.update': 63 } },
  ],
  [
    'the program beats the option',
    'flow.update',
    64,
    [],
    { options: { 'flow.update': 63 }, program: { 'flow.update': 64 } },
  ],
  [
    'an option default counts last',
    'seed.filter',
    'G.V()',
    [],
    { optionDefaults: { 'seed.filter': 'G.V()' } },
  ],
  ['a default beats an option default', 'flow.update', 60, [], { optionDefaults: { 'flow.update': 1 } }],
  // Files.
  ['JSON is YAML', 'flow.update', 7, ['{"flow": {"update": 7}}']],
  ['a later file wins key by key', 'flow.update', 8, ['flow: {update: 7}', 'flow: {update: 8}']],
  ['maps merge deeply', 'agent.listen', ':1', ['agent: {listen: ":1"}', 'agent: {topology: {probes: [a]}}']],
  [
    'lists are replaced',
    'agent.topology.probes',
    ['b'],
    ['agent.topology.probes: [a]', 'agent.topology.probes: [b]'],
  ],
  ['keys are lower-cased', 'agent.listen', ':2', ['Agent: {LISTEN: ":2"}']],
  ['keys are looked up in any case', 'Agent.Listen', ':2', ['agent: {listen: ":2"}']],
  [
    'names of the user are lower-cased too',
    'storage',
    { myes: { driver: 'x' } },
    ['storage: {MyES: {driver: x}}'],
  ],
  [
    'an empty section leaves the default',
    'agent.topology.probes',
    ['ovsdb'],
    ['agent:\n  topology:\n    probes:\n'],
  ],
  ['an empty section keeps the earlier file', 'flow.update', 7, ['flow: {update: 7}', 'flow:\n']],
  ['an empty file is no error', 'flow.update', 60, ['# nothing\n']],
  ['dots in a key are a path', 'agent.listen', ':3', ['agent.listen: ":3"']],
  [
    'dots in a key below a section are a path',
    'agent.topology.netns.run_path',
    '/x',
    ['agent: {topology.netns.run_path: /x}'],
  ],
  ['a dotted key beats the nested one', 'agent.listen', ':3', ['agent.listen: ":3"\nagent: {listen: ":4"}']],
  ['dots in names of a map stay', 'ui', { 'a.b': 1 }, ['ui: {a.b: 1}']],
  ['a name with dots in a map is found', 'ui.a.b', 1, ['ui: {a.b: 1}']],
  ['yes is true as in YAML 1.1', 'flow.enabled', false, ['flow: {enabled: no}']],
  [
    'a MAC address stays a text',
    'agent.metadata',
    { mac: '00:11:22:33:44:55' },
    ['agent: {metadata: {mac: 00:11:22:33:44:55}}'],
  ],
  ['a date stays a text', 'agent.metadata', { day: '2020-01-02' }, ['agent: {metadata: {day: 2020-01-02}}']],
  ['numbers as names are texts', 'ui', { '8080': 'http' }, ['ui: {8080: http}']],
  [
    'anchors and merge keys work',
    'ui',
    { a: { x: 1 }, b: { x: 1, y: 2 } },
    ['ui:\n  a: &a {x: 1}\n  b: {<<: *a, y: 2}'],
  ],
  ['__proto__ is a name like others', 'ui.__proto__.x', 1, ['ui: {__proto__: {x: 1}}']],
  // Environment.
  ['an empty variable is ignored', 'flow.update', 60, [], env({ SKYDIVE_FLOW_UPDATE: '' })],
  ['a hyphen is an underscore', 'some.key-name', 'v', [], env({ SKYDIVE_SOME_KEY_NAME: 'v' })],
  ['a key that nobody declared is looked up', 'some.thing', 'v', [], env({ SKYDIVE_SOME_THING: 'v' })],
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map(
    (text): Row => [`bool ${text} is true`, 'flow.enabled', true, [], env({ SKYDIVE_FLOW_ENABLED: text })],
  ),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False', 'yes', 'on', 'tRUE'].map(
    (text): Row => [`bool ${text} is false`, 'flow.enabled', false, [], env({ SKYDIVE_FLOW_ENABLED: text })],
  ),
  [
    'an int is decimal',
    'storage.elasticsearch.bulk_maxdelay',
    10,
    [],
    env({ SKYDIVE_STORAGE_ELASTICSEARCH_BULK_MAXDELAY: '010' }),
  ],
  [
    'an int that is none is 0',
    'storage.elasticsearch.bulk_maxdelay',
    0,
    [],
    env({ SKYDIVE_STORAGE_ELASTICSEARCH_BULK_MAXDELAY: '0x10' }),
  ],
  [
    'a list splits at white space',
    'agent.topology.probes',
    ['a', 'b'],
    [],
    env({ SKYDIVE_AGENT_TOPOLOGY_PROBES: ' a \t b ' }),
  ],
  [
    'a list does not split at commas',
    'agent.topology.probes',
    ['a,b'],
    [],
    env({ SKYDIVE_AGENT_TOPOLOGY_PROBES: 'a,b' }),
  ],
  ['a map is JSON and keeps case', 'ui', { Theme: 'light' }, [], env({ SKYDIVE_UI: '{"Theme":"light"}' })],
  [
    'a name in a JSON map is found in lower case',
    'ui.theme',
    'light',
    [],
    env({ SKYDIVE_UI: '{"Theme":"light"}' }),
  ],
  [
    'a map variable replaces the map of the file',
    'ui',
    { b: 1 },
    ['ui: {a: 1}'],
    env({ SKYDIVE_UI: '{"b":1}' }),
  ],
  [
    'what a map variable leaves out is gone',
    'ui.a',
    undefined,
    ['ui: {a: 1}'],
    env({ SKYDIVE_UI: '{"b":1}' }),
  ],
  [
    'a leaf in a map of the file',
    'ui',
    { theme: 'x', a: 1 },
    ['ui: {theme: dark, a: 1}'],
    env({ SKYDIVE_UI_THEME: 'x' }),
  ],
  ['a leaf shows in its map', 'ui', { theme: 'x' }, [], env({ SKYDIVE_UI_THEME: 'x' })],
  ['a leaf of a map is found', 'ui.theme', 'x', [], env({ SKYDIVE_UI_THEME: 'x' })],
  [
    'a leaf joins a map variable',
    'ui',
    { a: 1, theme: 'x' },
    [],
    env({ SKYDIVE_UI_THEME: 'x', SKYDIVE_UI: '{"a":1}' }),
  ],
  [
    'a leaf joins the default map',
    'flow.application_timeout',
    { arp: '5', dns: 10 },
    [],
    env({ SKYDIVE_FLOW_APPLICATION_TIMEOUT_ARP: '5' }),
  ],
  [
    'a variable of a parent section hides nothing',
    'analyzer.listen',
    ':9',
    ['analyzer: {listen: ":9"}'],
    env({ SKYDIVE_ANALYZER: 'h:1' }),
  ],
  ['nor the default', 'analyzer.listen', '127.0.0.1:8082', [], env({ SKYDIVE_ANALYZER: 'h:1' })],
  [
    'a JSON map of a section sets what it names',
    'analyzer.listen',
    ':7',
    ['analyzer: {ssh_enabled: true}'],
    env({ SKYDIVE_ANALYZER: '{"listen":":7"}' }),
  ],
  [
    'and leaves the rest',
    'analyzer.ssh_enabled',
    true,
    ['analyzer: {ssh_enabled: true}'],
    env({ SKYDIVE_ANALYZER: '{"listen":":7"}' }),
  ],
  [
    'a user-named section by variables',
    'storage.myelasticsearch.driver',
    'elasticsearch',
    [],
    env({ SKYDIVE_STORAGE_MYELASTICSEARCH_DRIVER: 'elasticsearch' }),
  ],
  [
    'it shows in the parent',
    'storage',
    { my: { driver: 'x' } },
    ['storage: {my: {driver: y}}'],
    env({ SKYDIVE_STORAGE_MY_DRIVER: 'x' }),
  ],
  [
    'it finds a name with a hyphen',
    'storage.my-es.driver',
    'x',
    ['storage: {my-es: {driver: y}}'],
    env({ SKYDIVE_STORAGE_MY_ES_DRIVER: 'x' }),
  ],
  [
    'a list of maps is JSON',
    'agent.files',
    [{ Path: '/x' }],
    [],
    env({ SKYDIVE_AGENT_FILES: '[{"Path":"/x"}]' }),
  ],
  // Typing.
  ['a text becomes the int of the default', 'flow.update', 5, ['flow: {update: "5"}']],
  ['a float is cut', 'flow.update', 5, ['flow: {update: 5.9}']],
  ['a bool is 1 as int', 'flow.update', 1, ['flow: {update: true}']],
  ['a number becomes a text', 'analyzer.listen', '8082', ['analyzer: {listen: 8082}']],
  ['a scalar becomes a list', 'agent.topology.probes', ['a', 'b'], ['agent: {topology: {probes: a b}}']],
  [
    'numbers in a list become texts',
    'agent.topology.probes',
    ['1', 'true'],
    ['agent: {topology: {probes: [1, true]}}'],
  ],
  ['a list for a text is empty', 'analyzer.listen', '', ['analyzer: {listen: [a]}']],
  ['a map for a list is empty', 'agent.topology.probes', [], ['agent: {topology: {probes: {a: 1}}}']],
  ['a key without default keeps its type', 'storage.a.hosts', 'h1 h2', ['storage: {a: {hosts: h1 h2}}']],
  [
    'a map replaces its default',
    'flow.application_timeout',
    { arp: 1 },
    ['flow: {application_timeout: {arp: 1}}'],
  ],
  ['also name by name', 'flow.application_timeout.dns', undefined, ['flow: {application_timeout: {arp: 1}}']],
  ['a default map by name', 'flow.application_timeout.dns', 10, []],
  ['a size has a unit', 'storage.level.max_size', 65536, ['storage: {level: {max_size: 64KiB}}']],
  ['a size has a default', 'storage.level.max_size', 10 * 2 ** 30, []],
  ['a section without own values is its defaults', 'analyzer', { listen: '127.0.0.1:8082' }, []],
  ['a section of a file is the map of the file', 'flow', { update: 5 }, ['flow: {update: 5}']],
  ['an unset key has no value', 'nothing.at.all', undefined, []],
  // Storage sections (§6).
  [
    'a section inherits from that of its driver',
    'storage.a.hosts',
    ['http://127.0.0.1:9200'],
    ['storage: {a: {driver: elasticsearch}}'],
  ],
  [
    'also what the file says there',
    'storage.a.bulk_maxdelay',
    9,
    ['storage: {a: {driver: elasticsearch}, elasticsearch: {bulk_maxdelay: 9}}'],
  ],
  [
    'its own value wins',
    'storage.a.hosts',
    ['http://h'],
    ['storage: {a: {driver: elasticsearch, hosts: ["http://h"]}}'],
  ],
  [
    'a built-in section inherits nothing',
    'storage.memory.hosts',
    undefined,
    ['storage: {memory: {driver: elasticsearch}}'],
  ],
  ['a driver of its own name ends there', 'storage.a.hosts', undefined, ['storage: {a: {driver: a}}']],
  // host_id (§5).
  ['host_id has a default', 'host_id', 'thishost', []],
  ['host_id by variable', 'host_id', 'h2', [], env({ SKYDIVE_HOST_ID: 'h2' })],
  ['host_id by option', 'host_id', 'h3', [], { env: { SKYDIVE_HOST_ID: 'h2' }, options: { host_id: 'h3' } }],
];
for (const [name, key, want, texts, rest] of rows) {
  test(`${key}: ${name}`, async () => {
    const { config } = await load(texts, rest);
    assert.deepEqual(config.get(key), want);
    assert.deepEqual(config.get(key), want, 'a second look gives the same');
  });
}

test('typed getters convert what has no default', async () => {
  const { config } = await load([
    'storage: {a: {hosts: h1 h2, max_age: 2d, n: "12"}}\nanalyzer: {ssh_enabled: "true"}',
  ]);
  assert.deepEqual(config.getList('storage.a.hosts'), ['h1', 'h2']);
  assert.equal(config.getInt('storage.a.max_age'), 172_800);
  assert.equal(config.getInt('storage.a.n'), 12);
  assert.equal(config.getBool('analyzer.ssh_enabled'), true);
  assert.equal(config.getString('unset'), '');
  assert.equal(config.getInt('unset'), 0);
  assert.equal(config.getBool('unset'), false);
  assert.deepEqual(config.getList('unset'), []);
  assert.deepEqual(config.getMap('unset'), {});
});

test('isSet knows files, variables and options, not defaults', async () => {
  const { config } = await load(['flow: {update: 5}\nui:\n'], {
    env: { SKYDIVE_AGENT_LISTEN: ':1' },
    options: { host_id: 'x' },
  });
  const set = [
    'flow.update',
    'flow',
    'agent.listen',
    'agent',
    'host_id',
    'analyzer.listen',
    'ui',
    'flow.enabled',
  ];
  assert.deepEqual(
    set.filter((key) => config.isSet(key)),
    ['flow.update', 'flow', 'agent.listen', 'agent', 'host_id'],
  );
});

test('the default file is skipped when it is absent and read when it is there', async () => {
  const there = join(folder, 'default.yml');
  await writeFile(there, 'flow: {update: 9}');
  assert.equal((await load([], { defaultFile: there })).config.getInt('flow.update'), 9);
  const other = await load(['flow: {enabled: false}'], { defaultFile: there });
  assert.equal(other.config.getInt('flow.update'), 60, '-c stands instead of it');
});

test('standard input is a source among the files', async () => {
  const path = join(folder, 'first.yml');
  await writeFile(path, 'flow: {update: 9, enabled: false}');
  async function* stdin() {
    yield Buffer.from('flow: {upd');
    yield Buffer.from('ate: 11}');
  }
  const { config } = await load([], { files: [path, '-'], stdin });
  assert.equal(config.getInt('flow.update'), 11);
  assert.equal(config.getBool('flow.enabled'), false);
});

const refusals: [name: string, want: RegExp, texts: string[], rest?: Partial<LoadRequest>][] = [
  ['bad YAML names line and column', /^\/\d+\.yml:3:1: bad YAML: .*; mend the line$/, ['a: 1\nb: [1,\n']],
  ['a list is no configuration', /^\/\d+\.yml:1: it must hold sections .*, not a list$/, ['[1, 2]']],
  ['a text is no configuration', /^\/\d+\.yml:1: it must hold sections .*, not the string alone$/, ['hello']],
  [
    'a check names file, line and remedy',
    /^invalid value for flow\.update \(0\) in \/\d+\.yml:3: must be > 0$/,
    ['# x\nflow:\n  update: 0'],
  ],
  [
    'a check names the variable',
    /^invalid value for flow\.update \(-1\) in environment variable SKYDIVE_FLOW_UPDATE: must be > 0$/,
    ['flow: {update: 5}'],
    env({ SKYDIVE_FLOW_UPDATE: '-1' }),
  ],
  [
    'a check names the option',
    /^invalid value for flow\.update \(0\) in the option for flow\.update: /,
    [],
    { options: { 'flow.update': 0 } },
  ],
  [
    'what is no number is said to be none',
    /^invalid value for flow\.update \(abc\) in .*: it is not a whole number$/,
    ['flow: {update: abc}'],
  ],
  [
    'a bad address names how to write it',
    /^invalid value for agent\.listen \(a:b:c\) in .*yml:1: invalid service address "a:b:c": .*\[::1\]:8082/,
    ['agent: {listen: "a:b:c"}'],
  ],
  [
    'a bad address in a list',
    /^invalid value for analyzers \(h1:1 foo\.bar\) in .*: the port is missing/,
    ['analyzers: ["h1:1", foo.bar]'],
  ],
  [
    'all faults come at once',
    /flow\.update[^\n]*\n[^\n]*agent\.listen|agent\.listen[^\n]*\n[^\n]*flow\.update/,
    ['flow: {update: 0}\nagent: {listen: "a:b:c"}'],
  ],
  [
    'a secret is not shown',
    /^invalid value for storage\.a\.password \(\*{8}\) in .*yml:1: no$/,
    ['storage: {a: {password: bad}}'],
  ],
  ['an unknown backend', /^Invalid backend: consul; use file or etcd$/, [], { backend: 'consul' }],
  [
    'two etcd locations',
    /^the etcd backend takes exactly one -c/,
    [],
    { backend: 'etcd', files: ['http://a/b', 'http://a/c'] },
  ],
  [
    'an etcd location that is no URL',
    /^cannot read configuration x: it is not a URL/,
    [],
    { backend: 'etcd', files: ['x'] },
  ],
  [
    'an absent file',
    /^cannot read configuration \/nowhere\.yml: there is no such file; check the path given with -c$/,
    [],
    { files: ['/nowhere.yml'] },
  ],
  ['a folder', /^cannot read configuration \/: it is a folder; name a file$/, [], { files: ['/'] }],
  ['an endless file', /^\/dev\/zero is larger than \d+ bytes/, [], { files: ['/dev/zero'] }],
  [
    'a folder as default file',
    /^cannot read configuration \/tmp: it is a folder/,
    [],
    { defaultFile: '/tmp' },
  ],
  ['an alias bomb', /bad YAML: .*alias/i, [bomb()]],
  ['endless nesting', /nested too deeply|bad YAML/, [`${'{a: '.repeat(500)}1${'}'.repeat(500)}`]],
];
for (const [name, want, texts, rest] of refusals) {
  test(`refuses: ${name}`, async () => {
    assert.match(await refused(load(texts, rest)), want);
  });
}

function bomb(): string {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let level = 1; level < 9; level++) {
    text += `a${level}: &a${level} [${Array(10)
      .fill(`*a${level - 1}`)
      .join(', ')}]\n`;
  }
  return text;
}

const warned: [name: string, want: RegExp, texts: string[], rest?: Partial<LoadRequest>][] = [
  [
    'an unknown key names the nearest',
    /yml:2: unknown key agent\.lisen is ignored; did you mean agent\.listen\?$/,
    ['agent:\n  lisen: ":1"'],
  ],
  [
    'an unknown section names the nearest',
    /yml:1: unknown key anlyzer is ignored; did you mean analyzer\?$/,
    ['anlyzer: {listen: x}'],
  ],
  [
    'an unknown key of a user-named section',
    /unknown key storage\.mine\.host is ignored; did you mean storage\.mine\.hosts\?$/,
    ['storage: {mine: {host: x}}'],
  ],
  [
    'an unknown key like no other',
    /unknown key zzzzzzzzzz is ignored; see docs\/configuration\.md/,
    ['zzzzzzzzzz: 1'],
  ],
  ['a value where a section belongs', /yml:1: agent is a section; its value is ignored/, ['agent: x']],
  [
    'a key there twice',
    /yml:3: flow\.update is there twice, the last one counts/,
    ['flow:\n  update: 1\n  update: 2'],
  ],
  [
    'a second document',
    /yml:2: only the first YAML document is read/,
    ['flow: {update: 1}\n---\nflow: {update: 2}'],
  ],
  [
    'a value of a wrong type',
    /yml:1: analyzer\.ssh_enabled \(maybe\) is not true or false; false is used, write true or false$/,
    ['analyzer: {ssh_enabled: maybe}'],
  ],
  [
    'a map variable that is no JSON',
    /^environment variable SKYDIVE_UI: ui must be a JSON map/,
    [],
    env({ SKYDIVE_UI: 'x' }),
  ],
  ['etcd without a location', /etcd backend is asked for without -c/, [], { backend: 'etcd' }],
];
for (const [name, want, texts, rest] of warned) {
  test(`warns: ${name}`, async () => {
    const { warnings } = await load(texts, rest);
    assert.equal(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0]!, want);
  });
}

test('a sound configuration gives no warning', async () => {
  const text =
    'storage: {any: {driver: x}}\nui: {anything: {deep: 1}}\nagent: {metadata: {a: {b: 1}}}\nanalyzers: [h:1]';
  const { warnings } = await load(
    [text],
    env({ SKYDIVE_ANALYZER: 'h:1', SKYDIVE_ANALYZER_PORT: 'tcp://1.2.3.4:5', SKYDIVE_USERNAME: 'x' }),
  );
  assert.deepEqual(warnings, []);
});

test('an old name sets every new one that nothing else sets, with a warning each', async () => {
  const { config, warnings } = await load([
    'auth: {type: basic, mine: {type: keystone}}\nold: {auth: {two: own}}\ngone:\n  limit: 5',
  ]);
  assert.equal(config.get('old.auth.one'), 'basic', 'a default does not count as set');
  assert.equal(config.get('old.auth.two'), 'own');
  assert.equal(config.get('auth.mine.type'), 'keystone');
  assert.equal(config.getInt('old.limit'), 5);
  assert.deepEqual(warnings, [
    "Config value 'auth.type' is now deprecated. Please use 'old.auth.one' instead",
    "Config value 'gone.limit' is now deprecated. Please use 'old.limit' instead",
  ]);
});

test('an old name is named where its value is refused', async () => {
  assert.match(
    await refused(load(['a: 1\ngone:\n  limit: 0'])),
    /^invalid value for old\.limit \(0\) in \/\d+\.yml:3 /,
  );
});

test('an option beats an old name', async () => {
  const { config, warnings } = await load(['gone: {limit: 5}'], { options: { 'old.limit': 6 } });
  assert.equal(config.getInt('old.limit'), 6);
  assert.deepEqual(warnings, []);
});

test('secrets are masked where they are shown, at any depth, and only there', async () => {
  const text = 'storage: {a: {password: hush, hosts: [h]}, es: {auth: {username: u, password: hush2}}}';
  const { config } = await load([text]);
  assert.equal(config.getString('storage.a.password'), 'hush');
  assert.equal(config.shown('Storage.A.Password'), '********');
  assert.deepEqual(config.shown('storage'), {
    a: { password: '********', hosts: ['h'] },
    es: { auth: { username: 'u', password: '********' } },
  });
  assert.equal(config.shown('storage.b.password'), undefined);
  assert.equal(config.shown('host_id'), 'thishost');
});
