// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bcrypt } from '../../native/bcrypt.js';
import { parseHtpasswd } from './htpasswd.js';
import { keepUser } from './keep-user.js';
import { verifyPassword } from './verify.js';

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-htpasswd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'users');
}

test('a user is added to a file that is not there, for owner and group only', async (t) => {
  const path = place(t);
  assert.equal(await keepUser(path, 'admin', 'secret'), 'added');
  assert.equal(statSync(path).mode & 0o777, 0o640);
  const hash = parseHtpasswd(readFileSync(path, 'utf8')).get('admin') ?? '';
  assert.equal(await verifyPassword('secret', hash, bcrypt), true);
  assert.equal(await verifyPassword('other', hash, bcrypt), false);
});

test('the same password again leaves the file as it is', async (t) => {
  const path = place(t);
  await keepUser(path, 'admin', 'secret');
  const { ino, mtimeMs } = statSync(path);
  assert.equal(await keepUser(path, 'admin', 'secret'), 'unchanged');
  assert.deepEqual([statSync(path).ino, statSync(path).mtimeMs], [ino, mtimeMs]);
});

test('another password replaces the line of the user, the others, the mode and the folder stay', async (t) => {
  const path = place(t);
  writeFileSync(path, '# ours\nbob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nadmin:$apr1$x$y\nadministrator:x\n');
  chmodSync(path, 0o604);
  assert.equal(await keepUser(path, 'admin', 'new'), 'changed');
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.deepEqual(lines.slice(0, 3), ['# ours', 'bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'administrator:x']);
  assert.match(lines[3] ?? '', /^admin:\$2[aby]\$10\$/);
  assert.equal(statSync(path).mode & 0o777, 0o604);
  assert.deepEqual(readdirSync(join(path, '..')), ['users']);
});

test('names and passwords that such a file cannot hold are refused', async (t) => {
  const path = place(t);
  for (const [user, password] of [
    ['a:b', 'x'],
    ['', 'x'],
    ['#a', 'x'],
    ['a\nb', 'x'],
    ['a', ''],
    ['a', 'x'.repeat(73)],
  ] as const) {
    await assert.rejects(keepUser(path, user, password), { code: 'SKY_E_BAD_REQUEST' }, user);
  }
});
