// SPDX-License-Identifier: Apache-2.0
// What Debian's sslscan finds on the listeners of a real analyzer and a real agent: no weak protocol, cipher or group.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Host } from '../e2e/allinone-fixture.js';
import { opensslMissing, selfSigned } from '../e2e/self-signed.js';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { setUp } from './etcd.js';

const missing = setUp('sslscan') ?? opensslMissing;
const run = promisify(execFile);

/** Attributes of each element of that name in the report. */
function elements(report: string, name: string): Record<string, string>[] {
  return [...report.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  );
}

test('sslscan finds nothing weak on the API of analyzer and agent, and on the key-value store', {
  ...(missing !== undefined && { skip: missing }),
  timeout: 180_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const host = new Host('host1', { SKYDIVE_ANALYZERS: '127.0.0.1:8082' });
  t.after(() => host.remove());
  await host.up();
  const { cert, key } = selfSigned(host.folder, 'both', '127.0.0.1');
  const pairs = ['server', 'client'].map((side) => `  ${side}_cert: ${cert}\n  ${side}_key: ${key}\n`);
  const file = join(host.folder, 'skydive.yml');
  writeFileSync(file, `tls:\n  ca_cert: ${cert}\n${pairs.join('')}`);
  const services = [host.start('-c', file, 'analyzer'), host.start('-c', file, 'agent')];
  for (const service of services) {
    await eventually(() => assert.match(service.log, /listening on/), 30_000);
  }
  for (const port of [8082, 8081, 12379]) {
    const scan = ['sslscan', '--no-colour', '--xml=-', `127.0.0.1:${port}`];
    const { stdout: report } = await run('ip', ['netns', 'exec', host.network.name, ...scan]);
    const protocols = elements(report, 'protocol').map(
      ({ type, version, enabled }) => `${type} ${version} ${enabled === '1' ? 'on' : 'off'}`,
    );
    assert.deepEqual(
      protocols.sort(),
      ['ssl 2 off', 'ssl 3 off', 'tls 1.0 off', 'tls 1.1 off', 'tls 1.2 on', 'tls 1.3 on'],
      `port ${port}`,
    );
    const ciphers = elements(report, 'cipher');
    assert.ok(ciphers.length >= 5, report);
    for (const { sslversion, cipher, bits, strength } of ciphers) {
      assert.match(
        cipher ?? '',
        /^(TLS_AES_(128|256)_GCM_SHA\d+|TLS_CHACHA20_POLY1305_SHA256|ECDHE-\w+-AES(128|256)-GCM-SHA\d+)$/,
        sslversion,
      );
      assert.ok(Number(bits) >= 128);
      assert.ok(['strong', 'acceptable'].includes(strength ?? ''), `${cipher} is ${strength}`);
    }
    for (const group of elements(report, 'group'))
      assert.ok(Number(group['bits']) >= 128, JSON.stringify(group));
    assert.deepEqual(
      elements(report, 'renegotiation').filter(
        ({ secure, supported }) => supported === '1' && secure !== '1',
      ),
      [],
    );
    assert.deepEqual(
      elements(report, 'compression').filter(({ supported }) => supported === '1'),
      [],
    );
    assert.deepEqual(
      elements(report, 'heartbleed').filter(({ vulnerable }) => vulnerable === '1'),
      [],
    );
  }
});
