// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../log/logger.js';
import { bcrypt } from '../../native/bcrypt.js';
import { BasicBackend } from './basic.js';
import { HtpasswdFile, parseHtpasswd } from './htpasswd.js';
import { Throttle } from './throttle.js';
import { verifyPassword } from './verify.js';

// Made by Apache's htpasswd 2.4.62 (-s, -m, -B) and by `openssl passwd -1`; the password is "p:ä ss".
const hashes: readonly [string, string][] = [
  ['SHA-1', '{SHA}0hEmokkJi/wqvnfhPTnylUWbnUQ='],
  ['MD5-crypt of Apache', '$apr1$68Kbea2r$k0/01lAT6y.DCKJSijgEn/'],
  ['MD5-crypt', '$1$pQyOsdvu$vGXC97YkWp4/lXDxBAa.t/'],
  ['bcrypt', '$2y$05$z5SDo3nskefSUwnkrEuvyexFMt.Vs/3pI2P1aXyR93TMstWh8g/.a'],
];

for (const [name, hash] of hashes) {
  test(`${name}: the right password is taken, others are not`, async () => {
    assert.equal(await verifyPassword('p:ä ss', hash, bcrypt), true);
    for (const wrong of ['', 'p', 'p:ä sS', 'p:ä ss ', hash]) {
      assert.equal(await verifyPassword(wrong, hash, bcrypt), false, wrong);
    }
  });
}

test('bcrypt agrees with another implementation of it', async () => {
  const { hash, genSalt } = await import('bcryptjs');
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', maxLength: 80 }).filter((text) => !text.includes('\0')),
      fc.string({ maxLength: 80 }).filter((text) => !text.includes('\0')),
      async (word, other) => {
        const made = await hash(word, await genSalt(4));
        assert.equal(await verifyPassword(word, made, bcrypt), true);
        // Only the first 72 bytes count.
        const same = Buffer.from(word).subarray(0, 72).equals(Buffer.from(other).subarray(0, 72));
        assert.equal(await verifyPassword(other, made, bcrypt), same);
      },
    ),
    { numRuns: 40 },
  );
  assert.equal(await verifyPassword('x\0y', await hash('x', await genSalt(4)), bcrypt), false);
});

test('every prefix of bcrypt is taken', async () => {
  for (const prefix of ['$2a$', '$2b$', '$2x$', '$2y$']) {
    const hash = hashes[3]![1].replace(/^\$2.\$/, prefix);
    assert.equal(await verifyPassword('p:ä ss', hash, bcrypt), true, prefix);
  }
});

test('plain text, DES and broken hashes are never taken', async () => {
  for (const hash of [
    '',
    'secret',
    'rqXexS6ZhobKA',
    '$apr1$',
    '$1$salt$',
    '{SHA}',
    '$2y$05$short',
    '$6$salt$x',
  ]) {
    for (const password of ['', 'secret', hash]) {
      assert.equal(await verifyPassword(password, hash, bcrypt), false, `${hash} ${password}`);
    }
  }
});

test('lines of an htpasswd file', () => {
  const users = parseHtpasswd('# comment\n\nadmin:h1\nbob:h2:more:fields\r\nbroken\n');
  assert.deepEqual(
    [...users],
    [
      ['admin', 'h1'],
      ['bob', 'h2'],
    ],
  );
});

test('a changed file counts at once, one that is gone keeps its last content', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-htpasswd-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'users');
  writeFileSync(path, 'bob:{SHA}aaa\n');
  const file = new HtpasswdFile(path, 'auth.x.file', silentLogger);
  assert.equal(await file.hashOf('bob'), '{SHA}aaa');
  writeFileSync(path, 'bob:{SHA}other\nalice:{SHA}ccc\n');
  assert.equal(await file.hashOf('bob'), '{SHA}other');
  rmSync(path);
  assert.equal(await file.hashOf('alice'), '{SHA}ccc');
  assert.throws(() => new HtpasswdFile(path, 'auth.x.file', silentLogger), {
    code: 'SKY_E_CONFIG',
    message: /auth\.x\.file: cannot read .*users/,
  });
});

const token = (text: string) => Buffer.from(text).toString('base64');
const wrong = { code: 'SKY_E_UNAUTHORIZED', message: 'Wrong credentials' };

function inline(users: Record<string, string>, now?: () => number): BasicBackend {
  const known = new Map(Object.entries(users));
  return new BasicBackend(
    { clearOf: (user) => known.get(user) },
    now === undefined ? new Throttle() : new Throttle(now),
  );
}

test('tokens with and without the scheme word', async () => {
  const backend = inline({ admin: 'a:b', empty: '' });
  for (const credential of [
    token('admin:a:b'),
    `Basic ${token('admin:a:b')}`,
    `whatever ${token('admin:a:b')}`,
  ]) {
    assert.equal(await backend.authenticate(credential, 'x'), 'admin');
  }
  assert.equal(await backend.authenticate(token('empty:'), 'x'), 'empty');
  for (const credential of [
    '',
    'Basic ',
    'Basic',
    '!!',
    token('admin'),
    token('admin:'),
    token('Admin:a:b'),
    token('x:'),
  ]) {
    await assert.rejects(backend.authenticate(credential, credential), wrong, credential);
  }
});

test('a token that was logged out is refused until the next login', async () => {
  const backend = inline({ bob: 'pw' });
  const session = await backend.login('bob', 'pw', 'x');
  assert.deepEqual(session, { user: 'bob', token: token('bob:pw') });
  backend.logout(session.token);
  await assert.rejects(backend.authenticate(session.token, 'x'), wrong);
  assert.equal(await backend.authenticate(`Basic ${session.token}`, 'x'), 'bob');
  await backend.login('bob', 'pw', 'x');
  assert.equal(await backend.authenticate(session.token, 'x'), 'bob');
});

test('who guesses has to wait, longer each time; others do not', async () => {
  let now = 0;
  const backend = inline({ bob: 'pw', eve: 'pw' }, () => now);
  for (let attempt = 0; attempt < 6; attempt++) {
    await assert.rejects(backend.login('bob', 'guess', 'bad'), wrong);
  }
  const paused = { code: 'SKY_E_UNAUTHORIZED', message: /try again in 1 s/ };
  await assert.rejects(backend.login('bob', 'pw', 'bad'), paused);
  assert.equal((await backend.login('bob', 'pw', 'home')).user, 'bob');
  assert.equal((await backend.login('eve', 'pw', 'bad')).user, 'eve');
  now = 1001;
  await assert.rejects(backend.login('bob', 'guess', 'bad'), wrong);
  await assert.rejects(backend.login('bob', 'pw', 'bad'), { message: /try again in 2 s/ });
  assert.equal((await backend.login('bob', 'pw', 'home')).user, 'bob');
  now = 3100;
  assert.equal((await backend.login('bob', 'pw', 'bad')).user, 'bob');
});

test('who is in stays in while somebody guesses from the same address, but not for a guess without end', async () => {
  const backend = inline({ bob: 'pw' }, () => 0);
  await backend.login('bob', 'pw', 'proxy');
  for (let guess = 0; guess < 50; guess++)
    await assert.rejects(backend.login('bob', `guess ${guess}`, 'proxy'));
  assert.equal((await backend.login('bob', 'pw', 'proxy')).user, 'bob');
  assert.equal((await backend.login('bob', 'pw', 'elsewhere')).user, 'bob');
  for (let guess = 0; guess < 100; guess++)
    await assert.rejects(backend.login('bob', `more ${guess}`, 'proxy'));
  await assert.rejects(backend.login('bob', 'pw', 'proxy'), /Too many/);
});

test('a thousand wrong logins from one address cost few comparisons and hold nobody else up', async () => {
  let compared = 0;
  const backend = new BasicBackend(
    {
      async hashOf() {
        return undefined;
      },
      decoy() {
        compared++;
        return hashes[0]![1];
      },
    },
    new Throttle(() => 0),
  );
  const refusals = await Promise.allSettled(
    Array.from({ length: 1000 }, async (_, count) => {
      await Promise.resolve();
      return backend.login(`user${count % 7}`, String(count), 'bad');
    }),
  );
  assert.ok(refusals.every(({ status }) => status === 'rejected'));
  assert.ok(compared < 1000);
  compared = 0;
  await assert.rejects(backend.login('user1', 'x', 'bad'), /Too many/);
  assert.equal(compared, 0);
  await assert.rejects(backend.login('another', 'x', 'good'), wrong);
  assert.equal(compared, 1);
});
