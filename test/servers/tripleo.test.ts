// SPDX-License-Identifier: Apache-2.0
// deployment.md §2 with a real Keystone and a real Heat.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { rockyStack } from '../../src/tripleo/fake-undercloud.js';
import { run } from '../../src/tripleo/run.js';
import { repoRoot, setUp } from './etcd.js';
import { Heat } from './heat.js';
import { adminPassword, Keystone } from './keystone.js';

const missing = setUp('heat');
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing };
const golden = readFileSync(join(repoRoot, 'test/fixtures/tripleo/rocky.yaml'), 'utf8');
const password = 'hAy2VuQd';

let keystone: Keystone | undefined;
let heat: Heat | undefined;

before(
  async () => {
    if (missing !== undefined) return;
    keystone = await Keystone.start();
    heat = await Heat.start(keystone);
    const outputs = rockyStack.outputs ?? {};
    await heat.create('overcloud', outputs, password, false);
    await heat.create('hidden', { ...outputs, AdminPassword: password }, password, true);
  },
  { timeout: 170_000 },
);
after(async () => {
  await heat?.stop();
  await keystone?.stop();
  keystone?.remove();
});

/** Runs the generator with the variables of a stackrc. */
async function generated(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number; err: string; text: string }> {
  assert.ok(keystone);
  const folder = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
  try {
    const params = join(folder, 'undercloud_parameters.yaml');
    const inventory = join(folder, 'inventory.yaml');
    writeFileSync(inventory, '');
    writeFileSync(params, "parameter_defaults:\n  DockerInsecureRegistryAddress: ['192.168.24.1:8787']\n");
    const environment = {
      HOME: folder,
      OS_USERNAME: 'admin',
      OS_PASSWORD: adminPassword,
      OS_PROJECT_NAME: 'admin',
      OS_AUTH_URL: keystone.url,
      ...variables,
    };
    let err = '';
    const output = {
      out: () => {},
      err: (text: string) => {
        err += text;
      },
    };
    const all = ['--inventory-file', inventory, '--undercloud-params', params, ...words];
    const code = await run(all, environment, output);
    return { code, err, text: readFileSync(inventory, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the inventory of a stack in a real Heat, byte for byte', options, async () => {
  assert.deepEqual(await generated([]), { code: 0, err: '', text: golden });
});

for (const [name, suffix] of [
  ['no version', ''],
  ['v2.0', '/v2.0'],
]) {
  test(`a real Keystone named with ${name}`, options, async () => {
    const url = keystone?.url.replace('/v3', suffix ?? '') ?? '';
    assert.deepEqual(await generated(['--auth-url', url]), { code: 0, err: '', text: golden });
  });
}

test('a token of a real Keystone instead of a password', options, async () => {
  const user = { name: 'admin', domain: { id: 'default' }, password: adminPassword };
  const auth = { identity: { methods: ['password'], password: { user } } };
  const login = await keystone?.call('POST', '/auth/tokens', '', { auth });
  const token = login?.headers.get('x-subject-token') ?? '';
  const ended = await generated(['--auth-token', token], { OS_USERNAME: '', OS_PASSWORD: '' });
  assert.deepEqual(ended, { code: 0, err: '', text: golden });
});

test('a password that a real Heat masks comes from the outputs', options, async () => {
  const { code, err, text } = await generated(['--plan', 'hidden']);
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.equal(text, golden);
});

test('a stack that a real Heat does not have', options, async () => {
  const { code, err, text } = await generated(['--plan', 'none']);
  assert.equal(code, 0);
  assert.match(err, /^WARNING: stack none was not found/);
  assert.deepEqual(parse(text).agents.hosts, {});
});

for (const [name, variables] of [
  ['password', { OS_PASSWORD: 'wrong' }],
  ['project', { OS_PROJECT_NAME: 'wrong' }],
] as const) {
  test(`a wrong ${name} is refused by a real Keystone`, options, async () => {
    const { code, err, text } = await generated([], variables);
    assert.equal(code, 1);
    assert.match(
      err,
      /^Error creating skydive inventory: Keystone at .* gave no token for user admin: .*\(HTTP 401\)\n$/,
    );
    assert.equal(text, '');
  });
}
