// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Graph } from '../../../graph/graph.js';
import { silentLogger } from '../../../log/logger.js';
import { ConfigFiles, configValue } from './config-files.js';
import { parseToml } from './toml.js';

for (const [type, text] of [
  ['json', '{"server": {"name": "web", "port": 80}}'],
  ['yaml', 'server:\n  name: web\n  port: 80\n'],
  ['yml', 'server: {name: web, port: 80}'],
  ['toml', '[server]\nname = "web"\nport = 80\n'],
  ['ini', '[server]\nname = "web"\nport = 80\n'],
  ['properties', '# comment\nserver.name = web\nserver.port: 80\n'],
  ['props', 'server.name=web\nserver.port=80'],
  ['prop', 'server.name web\nserver.port 80'],
  ['JSON', '{"Server": {"Name": "web", "Port": 80}}'],
] as const) {
  test(`a value of a file of type ${type} is taken as text`, async () => {
    assert.equal(await configValue(type, text, 'server.name'), 'web');
    assert.equal(await configValue(type, text, 'Server.port'), '80');
    await assert.rejects(configValue(type, text, 'server.other'), /no value at server\.other/);
  });
}

test('a type that is not known is refused, naming those that are', async () => {
  await assert.rejects(configValue('hcl', 'a = 1', 'a'), /"hcl".*json, toml/);
});

for (const [text, value] of [
  ['a = 1\nb.c = "x" # comment\n', { a: 1, b: { c: 'x' } }],
  ['a = [1, 2,\n  3, # three\n]', { a: [1, 2, 3] }],
  ['a = {b = true, c = {d = -1.5e3}}', { a: { b: true, c: { d: -1500 } } }],
  ['[[x]]\na = 1\n[[x]]\na = 2\n[x.y]\nb = 3', { x: [{ a: 1 }, { a: 2, y: { b: 3 } }] }],
  ['a = \'C:\\dir\'\nb = "t\\t\\u00e9"', { a: 'C:\\dir', b: 't\té' }],
  ['a = """\none\\\n   two\nthree"""', { a: 'onetwo\nthree' }],
  ['a = 0xff\nb = 1_000\nc = 2024-01-02 03:04:05', { a: 255, b: 1000, c: '2024-01-02 03:04:05' }],
  ['"quoted key".x = 1', { 'quoted key': { x: 1 } }],
  ['', {}],
] as const) {
  test(`TOML ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseToml(text), value);
  });
}

for (const text of [
  'a',
  'a =',
  'a = 1 b = 2',
  'a = "x',
  'a = 1\na = 2',
  '[a',
  'a = [1',
  'a = x',
  'a = 1\n[a.b]',
]) {
  test(`TOML ${JSON.stringify(text)} is refused with its line`, () => {
    assert.throws(() => parseToml(text), { code: 'SKY_E_CONFIG', message: /^line \d+: / });
  });
}

test('the host node follows its files', { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-config-'));
  const path = join(folder, 'app.json');
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const entry = { path, type: 'json', name: 'app', selector: 'name' };
  const files = new ConfigFiles(graph, host.ID, [entry], logger);
  const changed = () =>
    new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error('the host node did not change')), 10_000);
      graph.on(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  try {
    await files.start();
    assert.match(warnings[0]!, /app\.json/);
    let next = changed();
    writeFileSync(`${path}.new`, '{"name": "one"}');
    renameSync(`${path}.new`, path);
    await next;
    assert.deepEqual(graph.getNode(host.ID)!.Metadata['Config'], { app: 'one' });
    next = changed();
    writeFileSync(`${path}.new`, '{"name": "two"}');
    renameSync(`${path}.new`, path);
    await next;
    assert.deepEqual(graph.getNode(host.ID)!.Metadata['Config'], { app: 'two' });
  } finally {
    files.stop();
    rmSync(folder, { recursive: true });
  }
});
