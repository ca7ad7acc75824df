// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { issue } from './certificate.js';
import { initAuthority } from './init.js';

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-authority-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const request = { agents: ['a1'], analyzers: ['an1.example,10.0.0.1,fd00::1'], days: 30, force: false };

test('an authority and pairs, which openssl takes to the letter of the standard', (t) => {
  const folder = emptyFolder(t);
  const written = initAuthority({ ...request, folder });
  assert.deepEqual(
    written.map((path) => basename(path)),
    [
      'ca.crt',
      'ca.key',
      'analyzer-an1.example.crt',
      'analyzer-an1.example.key',
      'agent-a1.crt',
      'agent-a1.key',
    ],
  );
  for (const path of written)
    assert.equal(statSync(path).mode & 0o777, path.endsWith('.key') ? 0o600 : 0o644);
  const ca = join(folder, 'ca.crt');
  for (const pair of ['analyzer-an1.example', 'agent-a1']) {
    const checked = spawnSync('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      ca,
      join(folder, `${pair}.crt`),
    ]);
    if (checked.error === undefined) assert.equal(checked.status, 0, String(checked.stderr));
    const certificate = new X509Certificate(readFileSync(join(folder, `${pair}.crt`)));
    assert.ok(certificate.verify(new X509Certificate(readFileSync(ca)).publicKey));
    assert.equal(certificate.ca, false);
  }
  const analyzer = new X509Certificate(readFileSync(join(folder, 'analyzer-an1.example.crt')));
  assert.equal(analyzer.checkHost('an1.example'), 'an1.example');
  assert.equal(analyzer.checkIP('10.0.0.1'), '10.0.0.1');
  assert.equal(analyzer.checkIP('fd00::1'), 'fd00::1');
  assert.equal(analyzer.checkHost('other.example'), undefined);
});

test('the authority is used again, pairs are not overwritten unless asked', (t) => {
  const folder = emptyFolder(t);
  initAuthority({ ...request, folder });
  const ca = readFileSync(join(folder, 'ca.crt'), 'utf8');
  const before = readFileSync(join(folder, 'agent-a1.crt'), 'utf8');
  assert.throws(() => initAuthority({ ...request, folder }), { code: 'SKY_E_CONFLICT', message: /--force/ });
  initAuthority({ ...request, folder, force: true });
  assert.equal(readFileSync(join(folder, 'ca.crt'), 'utf8'), ca);
  assert.notEqual(readFileSync(join(folder, 'agent-a1.crt'), 'utf8'), before);
});

test('a name that is none is refused before anything is written for it', (t) => {
  const folder = emptyFolder(t);
  for (const name of ['../x', '', 'a b', 'x/y', 'x\ny']) {
    assert.throws(
      () => initAuthority({ ...request, folder, agents: [name] }),
      /neither a host name nor an address/,
    );
  }
});

test('a certificate may outlive 2049', () => {
  const { certificate } = issue({ commonName: 'x', names: [], days: 20_000 });
  assert.ok(new Date(new X509Certificate(certificate).validTo).getUTCFullYear() >= 2050);
});
