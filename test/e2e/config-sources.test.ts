// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle, skydive, withRecorder } from './cli-fixture.js';

// The configuration through the bundle as it is installed: it loads YAML and the etcd reader as chunks of their own.
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skydive-config-e2e-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('files merge in order and tell a client where the analyzer is', async () => {
  await withRecorder({ body: '{}' }, async (address, requests) => {
    const first = await file('first.yml', 'analyzers: [127.0.0.1:1]\nlogging: {level: ERROR}');
    const second = await file('second.yml', `analyzers: ["${address}"]`);
    const { code, stderr } = await skydive(['-c', first, '-c', second, 'client', 'status']);
    assert.equal(code, 0, stderr);
    assert.equal(requests.length, 1);
  });
});

test('a document in etcd is a configuration', async () => {
  await withRecorder({ body: '{}' }, async (analyzer, requests) => {
    const body = JSON.stringify({
      action: 'get',
      node: { key: '/skydive', value: `analyzers: ["${analyzer}"]` },
    });
    await withRecorder({ body }, async (etcd, asked) => {
      const { code, stderr } = await skydive([
        '-b',
        'etcd',
        '-c',
        `http://${etcd}/skydive`,
        'client',
        'status',
      ]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        asked.map(({ method, url }) => `${method} ${url}`),
        ['GET /v2/keys/skydive'],
      );
      assert.equal(requests.length, 1);
    });
  });
});

test('standard input is a configuration', () => {
  const { status, stderr } = spawnSync(process.execPath, [bundle, '-c', '-', 'client', 'status'], {
    input: 'flow:\n  update: 0\n',
    env: { PATH: process.env['PATH'] ?? '' },
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /Failed to initialize config: invalid value for flow\.update \(0\) in standard input:2: /,
  );
});

const broken: [name: string, text: string, want: RegExp][] = [
  ['YAML that is none', 'a: [1,\n', /Failed to initialize config: .*broken\.yml:2:1: bad YAML/],
  [
    'a value that cannot work',
    'flow:\n  protocol: tcp',
    /invalid value for flow\.protocol \(tcp\) in .*broken\.yml:2: Invalid protocol tcp/,
  ],
  [
    'a probe that does not exist',
    'agent:\n  topology:\n    probes: [netlnk]',
    /broken\.yml:3: unsupported probe netlnk/,
  ],
  [
    'a log nobody has',
    'logging: {backends: [x]}',
    /Failed to initialize logging system: Invalid logging backend: x/,
  ],
];
for (const [name, text, want] of broken) {
  test(`${name} stops every command with status 1, also version`, async () => {
    const conf = await file('broken.yml', text);
    for (const command of [['client', 'status'], ['version']]) {
      const { code, stderr } = await skydive(['-c', conf, ...command]);
      assert.equal(code, 1);
      assert.match(stderr, want);
    }
  });
}

test('the log file holds what a command has to say, as JSON', async () => {
  const path = join(folder, 'skydive.log');
  const conf = await file(
    'log.yml',
    `logging:\n  backends: [file]\n  file: {path: ${path}, encoder: json}\nhost_id: h7\n`,
  );
  const { code, stderr } = await skydive(['-c', conf, 'client', 'status', '--analyzer', '127.0.0.1:1']);
  assert.equal(code, 1);
  assert.equal(stderr, '');
  const lines = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 1);
  assert.equal(lines[0].level, 'ERROR');
  assert.match(lines[0].message, /^h7: cannot reach the analyzer at 127\.0\.0\.1:1/);
});
