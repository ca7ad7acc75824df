// SPDX-License-Identifier: Apache-2.0
// Logins with files that Apache's htpasswd wrote, one for each of its hashes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, basicAuth, scratch, startAnalyzer } from '../e2e/trust-fixture.js';
import { setUp } from './etcd.js';

const missing = setUp('apache2-utils');

const kinds: readonly [string, readonly string[]][] = [
  ['MD5 of Apache', ['-m']],
  ['bcrypt', ['-B']],
  ['bcrypt, cost 8', ['-B', '-C', '8']],
  ['SHA-1', ['-s']],
];

for (const [name, flags] of kinds) {
  test(`htpasswd: ${name}`, { ...(missing !== undefined && { skip: missing }) }, async (t) => {
    const file = join(scratch(t), 'users');
    const write = (...args: string[]) =>
      execFileSync('htpasswd', [...flags, '-b', ...args], { stdio: 'ignore' });
    write('-c', file, 'admin', 'pass word:ü');
    write(file, 'bob', 'pw');
    const { port } = await startAnalyzer(t, {
      'auth.file.type': 'basic',
      'auth.file.file': file,
      'analyzer.auth.api.backend': 'file',
    });
    const status = async (user: string, password: string) =>
      (await ask({ port, method: 'GET', path: '/api', headers: basicAuth(user, password) })).status;
    assert.equal(await status('admin', 'pass word:ü'), 200);
    assert.equal(await status('bob', 'pw'), 200);
    assert.equal(await status('bob', 'Pw'), 401);
    assert.equal(await status('eve', 'pw'), 401);
    write(file, 'bob', 'changed');
    assert.equal(await status('bob', 'pw'), 401);
    assert.equal(await status('bob', 'changed'), 200);
  });
}

test('hashes that are not taken: plain text and DES', {
  ...(missing !== undefined && { skip: missing }),
}, async (t) => {
  const file = join(scratch(t), 'users');
  execFileSync('htpasswd', ['-c', '-p', '-b', file, 'plain', 'pw'], { stdio: 'ignore' });
  execFileSync('htpasswd', ['-d', '-b', file, 'des', 'pw'], { stdio: 'ignore' });
  const { port } = await startAnalyzer(t, {
    'auth.file.type': 'basic',
    'auth.file.file': file,
    'analyzer.auth.api.backend': 'file',
  });
  for (const user of ['plain', 'des']) {
    assert.equal(
      (await ask({ port, method: 'GET', path: '/api', headers: basicAuth(user, 'pw') })).status,
      401,
    );
  }
});
