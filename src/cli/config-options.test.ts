// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { applyVerbose, loadSetting, openSetting } from './config-options.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skydive-cli-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('--verbose beats the file and the variable, and child processes inherit it', async () => {
  const conf = [await file('level.yml', 'logging: {level: ERROR}')];
  const env = { SKYDIVE_LOGGING_LEVEL: 'WARNING' };
  const { config } = await loadSetting({ conf, verbose: true }, { env });
  assert.equal(config.get('logging.level'), 'debug');
  assert.equal(env.SKYDIVE_LOGGING_LEVEL, 'debug');
});

test('without --verbose the environment stays as it is', () => {
  const env = {};
  applyVerbose({ conf: [] }, env);
  assert.deepEqual(env, {});
});

test('the command sets its id and options over everything', async () => {
  const conf = [await file('options.yml', 'logging: {id: x}\nanalyzer: {listen: ":1"}')];
  const { config } = await loadSetting(
    { conf },
    { env: {}, id: 'analyzer', options: { 'analyzer.listen': ':2' } },
  );
  assert.equal(config.get('logging.id'), 'analyzer');
  assert.equal(config.get('analyzer.listen'), ':2');
});

test('a fault of the configuration is ready for standard error', async () => {
  await assert.rejects(openSetting({ conf: ['/nowhere.yml'] }, { env: {} }), {
    code: 'SKY_E_CONFIG',
    message: /^Failed to initialize config: cannot read configuration \/nowhere\.yml: /,
  });
  await assert.rejects(openSetting({ conf: [], configBackend: 'x' }, { env: {} }), {
    message: /^Failed to initialize config: Invalid backend: x/,
  });
});

test('a fault of the log is ready for standard error', async () => {
  await assert.rejects(openSetting({ conf: [] }, { env: { SKYDIVE_LOGGING_BACKENDS: 'printer' } }), {
    code: 'SKY_E_CONFIG',
    message: /^Failed to initialize logging system: Invalid logging backend: printer/,
  });
});

test('warnings of loading reach the log, with id and host, secrets masked', async () => {
  const path = join(folder, 'out.log');
  const text = `host_id: h9
logging: {backends: [file], file: {path: ${path}}}
agent:
  lissen: 1
storage: {mine: {auth: {password: hunter22}}}
`;
  const { log } = await openSetting({ conf: [await file('warn.yml', text)] }, { env: {}, id: 'agent' });
  log.error('cannot log in with hunter22');
  await log.close();
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  assert.match(lines[0]!, /\tWARN\t.*\th9:agent .*warn\.yml:4: unknown key agent\.lissen .*agent\.listen\?$/);
  assert.match(lines.at(-1)!, /\tERROR\t.*\th9:agent cannot log in with \*{8}$/);
});

test('a default file that this user may not read stops a daemon and warns a client', async () => {
  const { loadConfig } = await import('../config/load.js');
  const path = await file('closed.yml', 'a: 1');
  await chmod(path, 0);
  const request = { files: [], env: {}, options: {}, rooms: [], defaultFile: path };
  const root = process.getuid?.() === 0;
  // Root may read everything, so it steps down for the time of the test.
  if (root) process.seteuid?.('nobody');
  try {
    await assert.rejects(loadConfig(request), /permission denied; run as a user that may read it/);
    const { warnings } = await loadConfig({ ...request, client: true });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /permission denied.*; defaults and variables are used$/);
  } finally {
    if (root) process.seteuid?.(0);
  }
});
