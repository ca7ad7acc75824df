// SPDX-License-Identifier: Apache-2.0
// A thousand wrong logins from one address: nearly all are refused unseen, and others come in meanwhile. How long that
// takes is measured by `npm run bench -- login`.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { hash } from 'bcryptjs';
import { scratch, startAnalyzer } from './trust-fixture.js';

const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };

function login(port: number, localAddress: string, user: string, word: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      localAddress,
      method: 'POST',
      path: '/login',
      headers,
      agent: false,
    };
    const sent = request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end(`username=${user}&password=${word}`);
  });
}

test('a thousand wrong logins from one address: few are looked at, and others log in meanwhile', {
  timeout: 120_000,
}, async (t) => {
  const file = join(scratch(t), 'users');
  writeFileSync(file, `carol:${await hash('carol-pw', 10)}\n`);
  const { port, log } = await startAnalyzer(t, {
    'auth.file.type': 'basic',
    'auth.file.file': file,
    'analyzer.auth.api.backend': 'file',
  });
  const said: string[] = [];
  let left = 1000;
  const guess = async () => {
    while (left-- > 0) {
      const { status, body } = await login(
        port,
        '127.0.0.9',
        left % 3 === 0 ? 'carol' : `user${left % 30}`,
        `guess${left}`,
      );
      assert.equal(status, 401);
      said.push(body);
    }
  };
  const guessers = Array.from({ length: 50 }, guess);
  // While the guesses wait for their turns, others get theirs.
  const before = said.length;
  assert.equal((await login(port, '127.0.0.3', 'carol', 'carol-pw')).status, 200);
  assert.ok(said.length - before < 1000, 'they did not have to be answered first');
  await Promise.all(guessers);
  assert.equal(said.length, 1000);
  const looked = said.filter((body) => body === 'Wrong credentials').length;
  assert.ok(looked >= 5 && looked <= 100, `${looked} were compared`);
  assert.ok(said.every((body) => body === 'Wrong credentials' || /^Too many /.test(body)));
  assert.equal((await login(port, '127.0.0.4', 'carol', 'carol-pw')).status, 200, 'nobody locked carol out');
  assert.equal(
    log.filter((line) => /audit: unknown user from 127\.0\.0\.9: log in as/.test(line)).length,
    1000,
  );
});
