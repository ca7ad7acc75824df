// SPDX-License-Identifier: Apache-2.0
// Who may write to the embedded key-value store from beyond the host; the other host is an address that is not loopback.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../src/store/kv/store.contract.js';
import { namespacesMissing } from '../netns/scratch-namespace.js';
import { Host } from './allinone-fixture.js';
import { certificates } from './trust-fixture.js';

const address = '10.98.7.6';

/** A host with an analyzer of this configuration; undefined where none can be made. */
async function analyzerHost(t: TestContext, config: (folder: string) => string): Promise<Host | undefined> {
  const missing = namespacesMissing();
  if (missing !== undefined) {
    assert.notEqual(process.env['CI'], 'true', `needs ${missing}`);
    t.skip(`needs ${missing}`);
    return undefined;
  }
  const host = new Host();
  t.after(() => host.remove());
  await host.up();
  await host.network.do(`addr add ${address}/32 dev lo`);
  const file = join(host.folder, 'skydive.yml');
  writeFileSync(file, `etcd:\n  listen: 0.0.0.0:12379\n${config(host.folder)}`);
  const service = host.start('-c', file, 'analyzer');
  await until(`the analyzer listens: ${service.log}`, () => /analyzer listening/.test(service.log), 30_000);
  return host;
}

/** Status of a write, 0 when there is no connection. */
function write(host: Host, to: string, extra = '', scheme = 'http'): number {
  const script = `
    import { request } from 'node:${scheme}';
    import { readFileSync } from 'node:fs';
    const sent = request('${scheme}://${to}:12379/v2/keys/x', { method: 'PUT', agent: false, ${extra} });
    sent.on('response', (answer) => console.log(answer.resume().statusCode)).on('error', () => console.log(0));
    sent.setHeader('Content-Type', 'application/x-www-form-urlencoded');
    sent.end('value=1');`;
  const args = ['netns', 'exec', host.network.name, process.execPath, '--input-type=module', '-e', script];
  return Number(spawnSync('ip', args, { encoding: 'utf8' }).stdout.trim());
}

const basic = (user: string, word: string) => `auth: '${user}:${word}'`;

test('this host may write, others only with the credentials of the cluster', {
  timeout: 60_000,
}, async (t) => {
  const host = await analyzerHost(
    t,
    () =>
      'analyzer:\n  auth:\n    cluster:\n      backend: c\nauth:\n  c:\n    type: basic\n    users:\n      an: pw\n',
  );
  if (host === undefined) return;
  assert.equal(write(host, '127.0.0.1'), 201);
  assert.equal(write(host, address), 401);
  assert.equal(write(host, address, basic('an', 'guess')), 401);
  assert.equal(write(host, address, basic('an', 'pw')), 200);
});

test('a client certificate of the authority lets write, another one or none does not', {
  timeout: 60_000,
}, async (t) => {
  const host = await analyzerHost(t, (folder) => {
    const { server, caPath } = certificates(folder);
    return `tls:\n  server_cert: ${server.certPath}\n  server_key: ${server.keyPath}\n  ca_cert: ${caPath}\n`;
  });
  if (host === undefined) return;
  const pem = (name: string) => `readFileSync('${join(host.folder, name)}')`;
  const client = `rejectUnauthorized: false, cert: ${pem('client.crt')}, key: ${pem('client.key')}`;
  assert.equal(write(host, address), 401);
  assert.equal(write(host, address, basic('an', 'pw')), 401, 'noauth knows no credentials');
  assert.equal(write(host, address, 'rejectUnauthorized: false', 'https'), 401);
  assert.equal(write(host, address, client, 'https'), 201);
});

test('without authentication only when it was asked for, and with a warning', {
  timeout: 60_000,
}, async (t) => {
  const host = await analyzerHost(t, () => '  allow_unauthenticated: true\n');
  if (host === undefined) return;
  assert.equal(write(host, address), 201);
  const status = JSON.parse((await host.skydive('client', 'status')).stdout) as { Warnings: string[] };
  assert.match(status.Warnings.join('\n'), /etcd\.allow_unauthenticated/);
});
