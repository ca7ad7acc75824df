// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { graphOf, nodeOf, withApi } from './api-fixture.js';
import { bundle, type Finished } from './cli-fixture.js';

/** Runs the shell on these lines. */
function shell(port: number, input: string, args: readonly string[] = []): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [bundle, 'client', 'shell', '--analyzer', `127.0.0.1:${port}`, ...args],
      { env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' } },
    );
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      out.stdout += data;
    });
    child.stderr.on('data', (data) => {
      out.stderr += data;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, ...out }));
    child.stdin.end(input);
  });
}

const source = graphOf([nodeOf('eth0'), nodeOf('eth1')]);

test('each line that starts with G is a query, an open one goes on on the next line', async () => {
  await withApi({ source }, async ({ port }) => {
    const input = 'G.V().Count()\n\n G.V()\ng.v().has(\n"Name",\n"eth1")\n';
    const { code, stdout, stderr } = await shell(port, input, ['-o', 'json']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^2\n\[[\s\S]*"eth0"[\s\S]*\]\n\[[\s\S]*"eth1"[\s\S]*\]\n$/);
    assert.equal(stdout.match(/"ID"/g)?.length, 3);
  });
});

test('a table is the default', async () => {
  await withApi({ source }, async ({ port }) => {
    const { stdout } = await shell(port, 'G.V()\n');
    assert.match(stdout, /^ID +TYPE +NAME[\s\S]*\neth0 +device +eth0/);
  });
});

test('an error or JavaScript does not end the shell', async () => {
  await withApi({ source }, async ({ port }) => {
    const { code, stdout, stderr } = await shell(port, 'G.V().OtuE()\nconsole.log(1)\nG.V().Count()\n', [
      '-o',
      'json',
    ]);
    assert.deepEqual([code, stdout], [0, '2\n']);
    assert.match(stderr, /did you mean `OutE`\?/);
    assert.match(stderr, /Error while executing Javascript 'console\.log\(1\)'/);
  });
});
