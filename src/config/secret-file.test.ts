// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { roomKeys } from '../cli/keys.js';
import { SkydiveError } from '../errors.js';
import { type LoadRequest, loadConfig } from './load.js';
import { buildSchema } from './schema.js';
import { mask, secretTexts } from './secret.js';
import { secretOf } from './secret-file-key.js';

const folder = mkdtempSync(join(tmpdir(), 'skydive-secret-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const load = (service: string, rest: Partial<LoadRequest>) =>
  loadConfig({
    files: [],
    env: {},
    options: {},
    program: { 'logging.id': service },
    rooms: [...roomKeys, [{ key: 'storage.*.password', type: 'string', doc: 'x.', secret: true }]],
    defaultFile: '/nowhere',
    ...rest,
  });

async function refused(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SkydiveError);
  assert.equal(error.code, 'SKY_E_CONFIG');
  return error.message;
}

/** Every secret there is, with an example of its name. */
const secrets = buildSchema(roomKeys).keys.filter(({ holdsSecret }) => holdsSecret);

test('each secret has a key that names its file', () => {
  assert.deepEqual(
    secrets.map(({ key }) => secretOf(key)).sort(),
    buildSchema(roomKeys)
      .keys.filter(({ secret }) => secret)
      .map(({ key }) => key)
      .sort(),
  );
});

for (const { key: pattern } of secrets) {
  const fileKey = pattern.replace('*', 'mine');
  const key = secretOf(fileKey);
  const isMap = roomKeys.flat().find((each) => each.key === secretOf(pattern))?.type === 'map';
  const service = key.startsWith('agent.') ? 'agent' : 'analyzer';
  const text = isMap ? 'Bob: "hid#den-pw"\nal: 12\n' : 'hid#den-pw\n';
  const value = isMap ? { bob: 'hid#den-pw', al: '12' } : 'hid#den-pw';

  test(`${fileKey}, from a file, a variable or an option`, async () => {
    const path = file('word', text);
    const document = file('skydive.yml', `${fileKey}: ${path}\n`);
    const variable = `SKYDIVE_${fileKey.toUpperCase().replaceAll('.', '_')}`;
    for (const rest of [
      { files: [document] },
      { env: { [variable]: path } },
      { options: { [fileKey]: path } },
    ]) {
      const { config, schema, warnings } = await load(service, rest);
      assert.deepEqual(config.get(key), value);
      assert.deepEqual(config.shown(key), isMap ? { bob: mask, al: mask } : mask);
      assert.equal(config.shown(fileKey), path);
      assert.ok(secretTexts(schema, config, ['auth']).includes('hid#den-pw'), 'the log masks it');
      assert.deepEqual(warnings, []);
    }
  });

  test(`${fileKey}: what cannot be used is refused without a word of what it holds`, async () => {
    const options = (path: string) => ({ options: { [fileKey]: path } });
    assert.match(
      await refused(load(service, options('/nowhere/word'))),
      new RegExp(`${fileKey}: cannot read /nowhere/word: ENOENT`),
    );
    assert.match(
      await refused(load(service, options(file('empty', '\n')))),
      /empty|must hold names and values/,
    );
    assert.match(
      await refused(load(service, options(file('big', 'x'.repeat(70_000))))),
      /larger than 65536 bytes/,
    );
    const both = {
      options: { [fileKey]: file('word', text), [key]: isMap ? { al: 'other-pw' } : 'other-pw' },
    };
    const message = await refused(load(service, both));
    assert.match(message, /is set in .* as well: remove one of them/);
    assert.ok(!/hid#den|other-pw/.test(message), message);
    if (!isMap) return;
    const broken = await refused(load(service, options(file('broken', 'al: x\nbob: [hid#den-pw\n'))));
    assert.match(broken, /line \d+: bad YAML \([A-Z_]+\)$/);
    assert.ok(!broken.includes('hid#den'), broken);
    assert.match(
      await refused(load(service, options(file('text', 'hid#den-pw')))),
      /must hold names and values/,
    );
  });
}

test('a section of the user has it too', async () => {
  const options = { 'storage.es.password_file': file('word', 'hidden\r\n') };
  const { config } = await load('analyzer', { options });
  assert.equal(config.getString('storage.es.password'), 'hidden');
  assert.deepEqual(config.shown('storage.es'), { password_file: join(folder, 'word'), password: mask });
});

test('a file that everybody can read is warned about', async () => {
  const options = { 'agent.auth.cluster.password_file': file('word', 'pw', 0o644) };
  const { warnings } = await load('agent', { options });
  assert.match(warnings.join(), /everybody on this host can read .*word; chmod o-r/);
});

test('clients read none, agents and analyzers not those of each other', async () => {
  const path = '/nowhere/word';
  const options = { 'agent.auth.cluster.password_file': path };
  assert.equal((await load('analyzer', { options })).config.getString('agent.auth.cluster.password'), '');
  const { config } = await load('analyzer', {
    options: { 'http.cookie_file': path },
    program: {},
    client: true,
  });
  assert.deepEqual(config.getMap('http.cookie'), {});
});
