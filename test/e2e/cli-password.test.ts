// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { bundle } from './cli-fixture.js';
import { startAnalyzer } from './trust-fixture.js';

const missing =
  spawnSync('script', ['--version']).error === undefined ? undefined : 'needs script (bsdutils)';
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

test('on a terminal the client asks for the password and does not show it', {
  skip: missing ?? false,
  timeout: 60_000,
}, async (t) => {
  const { port } = await startAnalyzer(t, {
    'auth.users.type': 'basic',
    'auth.users.users': { bob: 'hidden-pw' },
    'analyzer.auth.api.backend': 'users',
  });
  const command = `${process.execPath} ${bundle} client status --analyzer 127.0.0.1:${port} --username bob`;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' },
  });
  t.after(() => terminal.kill());
  let shown = '';
  let answered = false;
  terminal.stdout.on('data', (chunk) => {
    shown += chunk;
    if (answered || !shown.includes('Password of bob')) return;
    answered = true;
    terminal.stdin.write('hidden-pw\r');
  });
  const code = await new Promise((resolve) => terminal.on('close', resolve));
  assert.equal(code, 0, shown);
  assert.match(shown, /"Agents"/);
  assert.ok(!shown.includes('hidden-pw'));
});

test('without a terminal nobody is asked', async (t) => {
  const { port } = await startAnalyzer(t, {
    'auth.users.type': 'basic',
    'auth.users.users': { bob: 'hidden-pw' },
    'analyzer.auth.api.backend': 'users',
  });
  const args = [bundle, 'client', 'status', '--analyzer', `127.0.0.1:${port}`, '--username', 'bob'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.notEqual(code, 0);
  assert.match(said, /401/);
});
