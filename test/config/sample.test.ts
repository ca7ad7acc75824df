// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { roomKeys } from '../../src/cli/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { roleKeysText } from '../../src/config/role-keys.js';
import { documentationText, sampleText } from '../../src/config/sample.js';

const root = join(import.meta.dirname, '../../..');
const remedy = 'run node tools/config-sample.mjs and commit what it writes';

test('etc/skydive.yml.default is what the declared keys generate', () => {
  assert.equal(readFileSync(join(root, 'etc/skydive.yml.default'), 'utf8'), sampleText(roomKeys), remedy);
});

test('docs/configuration.md is what the declared keys generate', () => {
  assert.equal(
    readFileSync(join(root, 'docs/configuration.md'), 'utf8'),
    documentationText(roomKeys),
    remedy,
  );
});

test('the keys that the Ansible roles know are the declared ones', () => {
  const path = join(root, 'ansible/roles/skydive_common/vars/main/keys.yml');
  assert.equal(readFileSync(path, 'utf8'), roleKeysText(roomKeys), remedy);
});

async function load(text: string) {
  async function* stdin() {
    yield Buffer.from(text);
  }
  return loadConfig({ files: ['-'], env: {}, options: {}, rooms: roomKeys, stdin });
}

test('the sample as it is sets nothing', async () => {
  const { config, warnings } = await load(sampleText(roomKeys));
  assert.deepEqual(warnings, []);
  for (const { key } of roomKeys.flat()) assert.equal(config.isSet(key), false, key);
});

test('the sample without its comment marks is sound and sets each key to its default', async () => {
  const bare = sampleText(roomKeys)
    .replace(/^# /gm, '')
    .replace(/^(SPDX|Skydive conf|rooms |example|Each |white )/gm, '# $1');
  const { config, warnings } = await load(bare);
  assert.deepEqual(warnings, []);
  const { config: plain } = await load('');
  let compared = 0;
  for (const declared of roomKeys.flat()) {
    if (declared.unused || declared.key.includes('*')) continue;
    if (declared.default === undefined || declared.sample !== undefined) continue;
    assert.deepEqual(config.get(declared.key), plain.get(declared.key), declared.key);
    if (declared.defaultText === undefined) assert.ok(config.isSet(declared.key), declared.key);
    compared++;
  }
  assert.ok(compared > 40, `${compared} defaults compared`);
});
