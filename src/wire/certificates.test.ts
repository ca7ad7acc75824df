// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config } from '../config/key.js';
import { silentLogger } from '../log/logger.js';
import { type Issued, issue } from './authority/certificate.js';
import { outOfTime, serverCertificates } from './certificates.js';
import { RotatingCertificates } from './rotation.js';
import { certificateFault } from './tls-failure.js';

function configOf(values: Readonly<Record<string, string>>): Config {
  return { getString: (key: string) => values[key] ?? '' } as Config;
}

const authority = issue({ commonName: 'CA', names: [], days: 10 });
const pair = (days = 10, now = new Date()) =>
  issue({ commonName: 'h', names: ['h'], days, issuer: authority, now });

function files(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-certificates-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const write = ({ certificate, key }: Issued) => {
    writeFileSync(path('crt'), certificate);
    writeFileSync(path('key'), key.export({ type: 'pkcs8', format: 'pem' }));
  };
  writeFileSync(path('ca'), authority.certificate);
  const keys = { 'tls.server_cert': path('crt'), 'tls.server_key': path('key'), 'tls.ca_cert': path('ca') };
  return { path, write, keys };
}

test('no keys, no TLS; one of two is refused', () => {
  assert.equal(serverCertificates(configOf({})), undefined);
  assert.throws(() => serverCertificates(configOf({ 'tls.server_cert': 'x' })), {
    code: 'SKY_E_CONFIG',
    message: /tls\.server_key is not set/,
  });
});

test('every fault names key and file', (t) => {
  const { path, write, keys } = files(t);
  const refuses = (message: RegExp, over: Readonly<Record<string, string>> = {}) =>
    assert.throws(() => serverCertificates(configOf({ ...keys, ...over })), {
      code: 'SKY_E_CONFIG',
      message,
    });
  refuses(/tls\.server_cert: cannot read .*crt: ENOENT/);
  write(pair());
  assert.ok(serverCertificates(configOf(keys))?.ca !== undefined);
  writeFileSync(path('other'), pair().key.export({ type: 'pkcs8', format: 'pem' }));
  refuses(/tls\.server_key: Can't read X509 key pair set in config: the key .*other does not belong/, {
    'tls.server_key': path('other'),
  });
  writeFileSync(path('text'), 'no PEM');
  refuses(/tls\.server_cert: Can't read X509 key pair set in config: .*text/, {
    'tls.server_cert': path('text'),
  });
  refuses(/tls\.server_key: Can't read X509 key pair set in config: .*text/, {
    'tls.server_key': path('text'),
  });
  refuses(/tls\.ca_cert: Failed to parse root certificate .*text: it holds no PEM/, {
    'tls.ca_cert': path('text'),
  });
});

test('certificates out of their time', () => {
  const day = 86_400_000;
  assert.equal(outOfTime(pair().certificate), undefined);
  assert.match(
    outOfTime(pair(1, new Date(Date.now() - 3 * day)).certificate) ?? '',
    /^expired since \d{4}-\d\d-\d\dT/,
  );
  assert.match(
    outOfTime(pair(9, new Date(Date.now() + 3 * day)).certificate) ?? '',
    /^not valid before \d{4}-/,
  );
});

test('new files are taken, half of a rotation is not', async (t) => {
  const { path, write, keys } = files(t);
  const errors: string[] = [];
  const first = pair();
  write(first);
  const logger = { ...silentLogger, error: (text: string) => errors.push(text) };
  const rotating = RotatingCertificates.open(configOf(keys), 'server', logger);
  assert.ok(rotating !== undefined);
  let told = 0;
  rotating.on(() => told++);
  const options = rotating.clientOptions;
  await rotating.look();
  assert.equal(told, 0);

  const second = pair();
  writeFileSync(path('crt'), second.certificate);
  await rotating.look();
  await rotating.look();
  assert.equal(told, 0);
  assert.equal(String(rotating.current.cert), first.certificate);
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /does not belong.*the certificate before it stays/);

  write(second);
  await rotating.look();
  assert.equal(told, 1);
  assert.equal(String(options.cert), second.certificate);
});

test('what is wrong with a peer’s certificate', () => {
  const certificate = {
    valid_to: 'yesterday',
    valid_from: 'tomorrow',
    subjectaltname: 'DNS:b',
    issuer: { CN: 'X' },
  } as never;
  const rows: readonly [string, RegExp][] = [
    ['CERT_HAS_EXPIRED', /expired since yesterday/],
    ['CERT_NOT_YET_VALID', /not valid before tomorrow/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /the name a is not in .*DNS:b/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /unknown issuer \(X\).*tls\.ca_cert/],
  ];
  for (const [code, message] of rows) assert.match(certificateFault(code, 'a', certificate), message);
});
