// SPDX-License-Identifier: Apache-2.0
// deployment.md §2.2–§2.4 against servers that stand in for the undercloud's.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  type FakeStack,
  type FakeUndercloud,
  fakeToken,
  rockyStack,
  withFakeUndercloud,
} from './fake-undercloud.js';
import type { Environment } from './options.js';
import { run } from './run.js';
import { usage } from './usage.js';

const fixtures = join(import.meta.dirname, '../../../test/fixtures');
const golden = readFileSync(join(fixtures, 'tripleo/rocky.yaml'), 'utf8');
const params =
  'parameter_defaults:\n  DockerInsecureRegistryAddress:\n  - 192.168.24.1:8787\n  - 192.168.24.3:8787\n';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The inventory, undefined when none was written. */
  readonly text: string | undefined;
}

interface Scene {
  /** `@` in them is a folder of this run. */
  readonly words?: readonly string[];
  readonly environment?: Environment;
  readonly files?: Readonly<Record<string, string>>;
}

async function runIn({ words = [], environment = {}, files = {} }: Scene): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const inventory = join(folder, 'inventory.yaml');
    const placed = ['--inventory-file', inventory, ...words.map((word) => word.replace('@', folder))];
    let out = '';
    let err = '';
    const code = await run(
      placed,
      { HOME: folder, ...environment },
      {
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text.replaceAll(folder, '@');
        },
      },
    );
    const text = existsSync(inventory) ? readFileSync(inventory, 'utf8') : undefined;
    return { code, out, err, text };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function stackrc({ keystone }: FakeUndercloud): Environment {
  return {
    OS_USERNAME: 'admin',
    OS_PASSWORD: 'secret',
    OS_AUTH_URL: `${keystone.origin}/v3`,
    OS_PROJECT_NAME: 'admin',
  };
}

/** Runs against an undercloud whose stack `overcloud` is `stack`. */
async function generated(
  stack: FakeStack | undefined,
  scene: Scene = {},
  arrange: (undercloud: FakeUndercloud) => void = () => {},
): Promise<Ended & { undercloud: FakeUndercloud }> {
  let ended: (Ended & { undercloud: FakeUndercloud }) | undefined;
  await withFakeUndercloud(async (undercloud) => {
    if (stack !== undefined) undercloud.heat.stacks.set('overcloud', stack);
    arrange(undercloud);
    const environment = { ...stackrc(undercloud), ...scene.environment };
    ended = { ...(await runIn({ ...scene, environment })), undercloud };
  });
  assert.ok(ended);
  return ended;
}

interface Group {
  readonly hosts: Record<string, Record<string, unknown>>;
  readonly vars: Record<string, unknown>;
}

function groupsOf({ code, err, text }: Ended): { agents: Group; analyzers: Group } {
  assert.equal(code, 0, err);
  return parse(text ?? '');
}

test('the inventory of a plan is written, byte for byte', async () => {
  const scene = { words: ['--undercloud-params', '@/params.yaml'], files: { 'params.yaml': params } };
  const { code, out, err, text, undercloud } = await generated(rockyStack, scene);
  assert.equal(err, '');
  assert.equal(out, '');
  assert.equal(code, 0);
  assert.equal(text, golden);
  assert.deepEqual(
    undercloud.heat.asked.map(({ path }) => path),
    [
      '/v1/admin/stacks/overcloud',
      '/v1/admin/stacks/overcloud/1',
      '/v1/admin/stacks/overcloud/environment',
      '/v1/admin/stacks/overcloud/1/environment',
    ],
  );
});

test('user and project are looked for in domain default', async () => {
  const { undercloud } = await generated(rockyStack);
  assert.deepEqual(undercloud.keystone.asked[0]?.body, {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', domain: { id: 'default' }, password: 'secret' } },
      },
      scope: { project: { name: 'admin', domain: { id: 'default' } } },
    },
  });
});

for (const words of [
  ['--auth-token', fakeToken],
  ['--os-auth-token', fakeToken],
]) {
  test(`${words[0]} is used instead of user and password`, async () => {
    const { code, undercloud } = await generated(rockyStack, { words });
    assert.equal(code, 0);
    assert.deepEqual(undercloud.keystone.asked[0]?.body, {
      auth: {
        identity: { methods: ['token'], token: { id: fakeToken } },
        scope: { project: { name: 'admin', domain: { id: 'default' } } },
      },
    });
  });
}

const addresses: readonly [string, (origin: string) => string, ((origin: string) => string)?][] = [
  ['with v3', (origin) => `${origin}/v3`],
  ['with v3 and a slash', (origin) => `${origin}/v3/`],
  ['with v2.0, which is replaced', (origin) => `${origin}/v2.0`],
  ['without a version, which is discovered', (origin) => origin],
  ['with a slash and without a version', (origin) => `${origin}/`],
  ['discovered, naming itself by a proxied address', (origin) => origin, () => 'http://192.0.2.9:35357/v3/'],
];

for (const [name, address, selfLink] of addresses) {
  test(`an auth URL ${name}`, async () => {
    await withFakeUndercloud(async (undercloud) => {
      undercloud.heat.stacks.set('overcloud', rockyStack);
      undercloud.keystone.selfLink = selfLink?.(undercloud.keystone.origin);
      const words = ['--auth-url', address(undercloud.keystone.origin)];
      const { code, err } = await runIn({ words, environment: stackrc(undercloud) });
      assert.equal(err, '');
      assert.equal(code, 0);
    });
  });
}

test('a Keystone without version 3 is named with the versions it has', async () => {
  await withFakeUndercloud(async (undercloud) => {
    undercloud.keystone.versions = ['v2.0'];
    const words = ['--auth-url', undercloud.keystone.origin];
    const { code, err } = await runIn({ words, environment: stackrc(undercloud) });
    assert.equal(code, 1);
    assert.match(
      err,
      /^Error creating skydive inventory: Keystone at .* has no version 3 .*, it has v2\.0\n$/,
    );
  });
});

test('redirects of Heat are followed through its own endpoint', async () => {
  const { code, err } = await generated(rockyStack, {}, ({ heat }) => {
    heat.redirectOrigin = 'http://192.0.2.9:8004';
  });
  assert.equal(err, '');
  assert.equal(code, 0);
});

test('the token is not sent where Heat redirects to something else', async () => {
  const { code, err } = await generated(rockyStack, {}, ({ heat }) => {
    heat.redirectOrigin = 'http://192.0.2.9:8004/elsewhere';
  });
  assert.equal(code, 1);
  assert.match(
    err,
    /^Error creating skydive inventory: Heat at .* redirects to http:\/\/192\.0\.2\.9:8004\/elsewhere/,
  );
});

test('the server is verified with the authority of --cacert', async () => {
  const tls = {
    key: readFileSync(join(fixtures, 'tls/server.key'), 'utf8'),
    cert: readFileSync(join(fixtures, 'tls/server.crt'), 'utf8'),
  };
  await withFakeUndercloud(async (undercloud) => {
    undercloud.heat.stacks.set('overcloud', rockyStack);
    const environment = stackrc(undercloud);
    const trusted = await runIn({ environment: { ...environment, OS_CACERT: join(fixtures, 'tls/ca.crt') } });
    assert.equal(trusted.err, '');
    assert.equal(trusted.code, 0);
    const stranger = await runIn({ environment, words: ['--cacert', join(fixtures, 'tls/stranger.crt')] });
    assert.equal(stranger.code, 1);
    assert.match(stranger.err, /^Error creating skydive inventory: POST https:.*: unable to verify/);
    assert.equal(stranger.text, undefined);
    const nobody = await runIn({ environment });
    assert.equal(nobody.code, 1);
    const absent = await runIn({ environment, words: ['--cacert', '/nonexistent/ca.crt'] });
    assert.equal(absent.code, 1);
    assert.match(
      absent.err,
      /^Error creating skydive inventory: cannot read the CA file \/nonexistent\/ca\.crt/,
    );
  }, tls);
});

const failures: readonly [string, Scene, RegExp][] = [
  [
    'a wrong password',
    { environment: { OS_PASSWORD: 'wrong' } },
    /gave no token for user admin: The request you have made requires authentication\. \(HTTP 401\)\n$/,
  ],
  ['a wrong project', { environment: { OS_PROJECT_NAME: 'other' } }, /\(HTTP 401\)\n$/],
  ['a wrong token', { words: ['--auth-token', 'x'] }, /gave no token for the token: .*\(HTTP 401\)\n$/],
  [
    'no project',
    { environment: { OS_PROJECT_NAME: undefined } },
    /public endpoint for orchestration service not found/,
  ],
  [
    'no server',
    { words: ['--auth-url', 'http://127.0.0.1:1/v3'] },
    /POST http:\/\/127\.0\.0\.1:1\/v3\/auth\/tokens: .*ECONNREFUSED/,
  ],
  ['an address that is none', { words: ['--auth-url', 'undercloud'] }, /auth-url undercloud is not a URL/],
  ['another scheme', { words: ['--auth-url', 'ftp://undercloud/v3'] }, /only http and https are spoken/],
  ['a timeout that is none', { words: ['--timeout', 'soon'] }, /timeout soon is not a number of seconds/],
  ...[
    'extra-file',
    'agent-extra-file',
    'analyzer-extra-file',
    'undercloud-params-file',
    'container-params-file',
  ].flatMap((name): [string, Scene, RegExp][] => [
    [`a missing ${name}`, { words: [`--${name}`, '@/none'] }, /file @\/none: cannot be read: ENOENT/],
    [`an unreadable ${name}`, { words: [`--${name}`, '@'] }, /file @: cannot be read: EISDIR/],
    [
      `an invalid ${name}`,
      { words: [`--${name}`, '@/bad'], files: { bad: 'a: [' } },
      /file @\/bad: is not valid YAML/,
    ],
  ]),
  ...['undercloud-params-file', 'container-params-file'].map((name): [string, Scene, RegExp] => [
    `${name} without parameter_defaults`,
    { words: [`--${name}`, '@/p'], files: { p: 'x: 1\n' } },
    /params file @\/p: has no mapping parameter_defaults\n$/,
  ]),
  [
    'unwritable output',
    { words: ['--inventory-file', '@/none/inventory.yaml'] },
    /cannot write the inventory @\/none\/inventory\.yaml: ENOENT/,
  ],
];

for (const [name, scene, message] of failures) {
  test(`${name} ends with 1 and says so`, async () => {
    const { code, out, err, text } = await generated(rockyStack, scene);
    assert.equal(code, 1);
    assert.match(err, /^Error creating skydive inventory: [^\n]+\n$|is not valid YAML/);
    assert.match(err, message);
    assert.equal(out, '');
    assert.equal(text, undefined);
  });
}

for (const status of [401, 403, 500, 200]) {
  test(`an answer ${status} of Heat that is no stack ends with 1`, async () => {
    const { code, err } = await generated(rockyStack, {}, ({ heat }) => {
      heat.broken = { status, body: { error: { message: 'Stack is locked' } } };
    });
    assert.equal(code, 1);
    assert.match(
      err,
      new RegExp(`^Error creating .*outputs of stack overcloud: Stack is locked \\(HTTP ${status}\\)\n$`),
    );
  });
}

test('without an auth URL nothing is asked', async () => {
  const { code, err } = await runIn({});
  assert.equal(code, 1);
  assert.equal(
    err,
    'ERROR: auth-url not defined and OS_AUTH_URL environment variable missing, unable to proceed.\n',
  );
});

test('a missing configuration file ends with 1', async () => {
  const { code, err } = await runIn({ words: ['--config-file', '@/none.conf'] });
  assert.equal(code, 1);
  assert.equal(err, 'ERROR: Failed to find some config files: @/none.conf\n');
});

test('misuse shows usage and error and ends with 2', async () => {
  const { code, out, err } = await runIn({ words: ['--version'] });
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.equal(err, `${usage()}skydive-tripleo-inventory: error: unrecognized arguments: --version\n`);
});

test('help goes to stdout and ends with 0', async () => {
  const { code, out, err } = await runIn({ words: ['-h'] });
  assert.equal(code, 0);
  assert.ok(out.startsWith(usage()));
  assert.equal(err, '');
});

test('a stack that is not there gives an empty inventory, a warning and 0', async () => {
  const ended = await generated(undefined, { words: ['--plan', 'other'] });
  assert.match(ended.err, /^WARNING: stack other was not found: [^\n]+\n$/);
  const { agents, analyzers } = groupsOf(ended);
  for (const { hosts, vars } of [agents, analyzers]) {
    assert.deepEqual(hosts, {});
    assert.equal(vars['os_auth_url'], '');
    assert.equal(vars['os_password'], '');
    assert.equal(vars['skydive_os_auth_url'], '');
    assert.equal(vars['skydive_docker_registry'], '');
  }
});

test('the plan may have a name that a path cannot carry', async () => {
  const ended = await generated(undefined, { words: ['--plan', '../x?y'] });
  assert.equal(ended.code, 0);
  assert.equal(ended.undercloud.heat.asked[0]?.path, '/v1/admin/stacks/..%2Fx%3Fy');
});

test('an inventory that exists is overwritten, a new one is for its owner only', async () => {
  await withFakeUndercloud(async (undercloud) => {
    undercloud.heat.stacks.set('overcloud', rockyStack);
    const folder = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
    const path = join(folder, 'inventory.yaml');
    const again = () => run(['--inv', path], stackrc(undercloud), { out: () => {}, err: () => {} });
    try {
      assert.equal(await again(), 0);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const first = readFileSync(path, 'utf8');
      writeFileSync(path, `old\n${'x'.repeat(first.length)}`);
      chmodSync(path, 0o640);
      assert.equal(await again(), 0);
      assert.equal(readFileSync(path, 'utf8'), first);
      assert.equal(statSync(path).mode & 0o777, 0o640);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** `rockyStack` with other outputs; undefined takes one away. */
function withOutputs(
  outputs: Readonly<Record<string, unknown>>,
  parameterDefaults: FakeStack['parameterDefaults'] = {},
): FakeStack {
  const all = Object.entries({ ...rockyStack.outputs, ...outputs }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    outputs: Object.fromEntries(all),
    parameterDefaults: { ...rockyStack.parameterDefaults, ...parameterDefaults },
  };
}

const values: readonly [string, FakeStack, string, unknown, RegExp?][] = [
  [
    'the public Keystone',
    withOutputs({ KeystoneURL: 'https://10.0.0.5:13000' }),
    'os_auth_url',
    'https://10.0.0.5:13000/v3',
  ],
  [
    'a public Keystone with v2.0',
    withOutputs({ KeystoneURL: 'http://10.0.0.5:5000/v2.0' }),
    'os_auth_url',
    'http://10.0.0.5:5000/v3',
  ],
  ['no public Keystone', withOutputs({ KeystoneURL: undefined }), 'os_auth_url', ''],
  [
    'internal Keystone without a V3 entry',
    withOutputs({ EndpointMap: { KeystoneInternal: { uri: 'http://a:5000' } } }),
    'skydive_os_auth_url',
    'http://a:5000/v3',
  ],
  [
    'internal Keystone of v2.0',
    withOutputs({ EndpointMap: { KeystoneInternal: { uri: 'http://a:5000/v2.0' } } }),
    'skydive_os_auth_url',
    'http://a:5000/v3',
  ],
  ['no endpoint map', withOutputs({ EndpointMap: undefined }), 'skydive_os_auth_url', ''],
  [
    'a masked password',
    withOutputs({ AdminPassword: 'out' }, { AdminPassword: '******' }),
    'os_password',
    'out',
  ],
  [
    'a password in the outputs only',
    { outputs: { ...rockyStack.outputs, AdminPassword: 'out' } },
    'os_password',
    'out',
  ],
  ['a password of digits', withOutputs({}, { AdminPassword: '0123' }), 'os_password', '0123'],
  [
    'a masked password alone',
    withOutputs({}, { AdminPassword: '******' }),
    'os_password',
    '',
    /^WARNING: .*os_password/,
  ],
  ['no password', { outputs: rockyStack.outputs ?? {} }, 'os_password', '', /^WARNING: .*os_password/],
];

for (const [name, stack, variable, expected, warning = /^$/] of values) {
  test(`${variable} of ${name}`, async () => {
    const ended = await generated(stack);
    const { agents, analyzers } = groupsOf(ended);
    assert.equal(agents.vars[variable], expected);
    assert.equal(analyzers.vars[variable], expected);
    assert.match(ended.err, warning);
  });
}

test('hosts: roles Compute and Controller by their exact names, on ctlplane', async () => {
  const names = (role: string) => ({ ctlplane: [`overcloud-${role}-0.ctlplane.localdomain`], tenant: ['x'] });
  const maps = {
    RoleNetIpMap: {
      Controller: { ctlplane: ['192.168.24.1'] },
      ControllerOpenstack: { ctlplane: ['192.168.24.2'] },
      compute: { ctlplane: ['192.168.24.3'] },
      Compute: { ctlplane: ['192.168.24.4'], tenant: ['10.0.0.4'] },
    },
    RoleNetHostnameMap: {
      Controller: names('Controller'),
      ControllerOpenstack: names('controlleropenstack'),
      compute: names('lowercase'),
      Compute: names('compute'),
    },
  };
  const { agents, analyzers } = groupsOf(
    await generated(withOutputs(maps), { words: ['--ansible', 'stack'] }),
  );
  const common = { ansible_become: true, ansible_user: 'stack' };
  assert.deepEqual(agents.hosts, {
    'overcloud-compute-0': { ...common, ansible_host: '192.168.24.4' },
    'overcloud-controller-0': { ...common, ansible_host: '192.168.24.1' },
  });
  assert.deepEqual(analyzers.hosts, {
    'overcloud-controller-0': { ...common, ansible_host: '192.168.24.1', skydive_listen_ip: '192.168.24.1' },
  });
});

test('roles without nodes are empty; names without addresses are left out with a warning', async () => {
  const maps = {
    RoleNetIpMap: { Controller: { ctlplane: [] }, Compute: { ctlplane: ['192.168.24.4'] } },
    RoleNetHostnameMap: {
      Controller: { ctlplane: [] },
      Compute: { ctlplane: ['c0.ctlplane.localdomain', 'c1.ctlplane.localdomain'] },
    },
  };
  const ended = await generated(withOutputs(maps));
  const { agents, analyzers } = groupsOf(ended);
  assert.deepEqual(Object.keys(agents.hosts), ['c0']);
  assert.deepEqual(analyzers.hosts, {});
  assert.match(ended.err, /^WARNING: role Compute has 1 addresses and 2 names/);
});

const noRoles = withOutputs({ RoleNetIpMap: undefined, RoleNetHostnameMap: undefined });

test('without role maps the servers of Nova are taken by their names, all pages of them', async () => {
  const ended = await generated(noRoles, {}, ({ keystone, nova }) => {
    keystone.services.set('compute', `${nova.origin}/v2.1`);
    nova.servers = [
      {
        name: 'overcloud-controller-0',
        addresses: { external: ['10.0.0.1'], ctlplane: ['fe80::1', '192.168.24.1'] },
      },
      { name: 'compute-1', addresses: { ctlplane: ['192.168.24.2'] } },
      { name: 'Controller-3', addresses: { ctlplane: ['192.168.24.3'] } },
      { name: 'overcloud-novaCOMPUTE-4', addresses: { ctlplane: ['192.168.24.4', '192.168.24.5'] } },
      { name: 'overcloud-cephstorage-0', addresses: { ctlplane: ['192.168.24.6'] } },
      { name: 'compute-7', addresses: { external: ['10.0.0.7'] } },
    ];
  });
  const { agents, analyzers } = groupsOf(ended);
  const pairs = ({ hosts }: Group) =>
    Object.entries(hosts).map(([name, host]) => [name, host['ansible_host']]);
  assert.deepEqual(pairs(agents), [
    ['compute-1', '192.168.24.2'],
    ['controller-3', '192.168.24.3'],
    ['overcloud-controller-0', '192.168.24.1'],
    ['overcloud-novacompute-4', '192.168.24.4'],
  ]);
  assert.deepEqual(pairs(analyzers), [
    ['controller-3', '192.168.24.3'],
    ['overcloud-controller-0', '192.168.24.1'],
  ]);
  assert.equal(ended.err, '');
});

test('with role maps Nova is not asked', async () => {
  const { undercloud } = await generated(rockyStack, {}, ({ keystone, nova }) => {
    keystone.services.set('compute', `${nova.origin}/v2.1`);
  });
  assert.deepEqual(undercloud.nova.asked, []);
});

test('without role maps and without Nova there are no hosts and a warning', async () => {
  const ended = await generated(noRoles);
  assert.deepEqual(groupsOf(ended).agents.hosts, {});
  assert.match(ended.err, /^WARNING: the stack has no RoleNetIpMap and RoleNetHostnameMap [^\n]+\n$/);
});

test('a Nova that refuses ends with 1', async () => {
  const { code, err } = await generated(noRoles, {}, ({ keystone, nova }) => {
    keystone.services.set('compute', `${nova.origin}/wrong`);
  });
  assert.equal(code, 1);
  assert.match(err, /^Error creating .*Nova at .* did not list its servers \(HTTP 401\)\n$/);
});

const registries: readonly [string, string, string][] = [
  ['the first entry', params, '192.168.24.1:8787'],
  [
    'of Train',
    'parameter_defaults:\n  ContainerCli: podman\n  DockerInsecureRegistryAddress: [u.ctlplane.localdomain]\n',
    'u.ctlplane.localdomain',
  ],
  ['a single text', 'parameter_defaults: {DockerInsecureRegistryAddress: "u:8787"}\n', 'u:8787'],
  ['an empty list', 'parameter_defaults: {DockerInsecureRegistryAddress: []}\n', ''],
  ['not told', 'parameter_defaults: {}\n', ''],
  ['an empty file', '', ''],
];

for (const [name, text, registry] of registries) {
  test(`local registry: ${name}`, async () => {
    const scene = { words: ['--undercloud', '@/p.yaml'], files: { 'p.yaml': text } };
    const { agents } = groupsOf(await generated(rockyStack, scene));
    assert.equal(agents.vars['skydive_docker_registry'], registry);
  });
}

test('extra files replace whole variables: both groups, then one', async () => {
  const files = {
    both: 'skydive_docker_registry: docker.io\nskydive_topology_probes: [runc]\nmine: {a: 1, b: 2}\nx: both\n',
    agents: 'mine: {c: 3}\nx: agents\n',
    analyzers: 'x: analyzers\nskydive_iptables_rules: no\n',
    empty: '# nothing\n',
  };
  const words = ['--extra', '@/both', '--agent', '@/agents', '--analyzer', '@/analyzers'];
  const { agents, analyzers } = groupsOf(await generated(rockyStack, { words, files }));
  for (const { vars } of [agents, analyzers]) {
    assert.equal(vars['skydive_docker_registry'], 'docker.io');
    assert.deepEqual(vars['skydive_topology_probes'], ['runc']);
    assert.equal(vars['os_username'], 'admin');
  }
  assert.deepEqual(agents.vars['mine'], { c: 3 });
  assert.deepEqual(analyzers.vars['mine'], { a: 1, b: 2 });
  assert.equal(agents.vars['x'], 'agents');
  assert.equal(analyzers.vars['x'], 'analyzers');
  assert.equal(agents.vars['skydive_iptables_rules'], true);
  assert.equal(analyzers.vars['skydive_iptables_rules'], false);

  const empty = [
    '--extra',
    '@/empty',
    '--agent',
    '@/empty',
    '--analyzer',
    '@/empty',
    '--undercloud',
    '@/params',
  ];
  const { text } = await generated(rockyStack, { words: empty, files: { ...files, params } });
  assert.equal(text, golden);
});

test('a container parameters file tells namespace and tag of the images', async () => {
  const files = {
    c: 'parameter_defaults:\n  ContainerImagePrepare:\n  - set: {namespace: registry.example.com/rhosp16/beta, tag: 16.0}\n',
    d: 'parameter_defaults: {}\n',
  };
  const { agents } = groupsOf(
    await generated(rockyStack, { words: ['--container-params-file', '@/c'], files }),
  );
  assert.equal(agents.vars['skydive_agent_docker_image'], 'rhosp16/beta/openstack-skydive-agent');
  assert.equal(agents.vars['skydive_docker_image_tag'], '16.0');
  const other = groupsOf(await generated(rockyStack, { words: ['--container-params-file', '@/d'], files }));
  assert.equal(other.agents.vars['skydive_analyzer_docker_image'], 'rhosp15/openstack-skydive-analyzer');
  assert.equal(other.agents.vars['skydive_docker_image_tag'], 'latest');
});
