// SPDX-License-Identifier: Apache-2.0
// The documentation's walk through TLS, to the letter: self-signed pairs made by openssl, both certificates together
// as the authority; then what goes wrong with certificates, each with what the log says of it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { roomKeys } from '../../src/cli/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { silentLogger } from '../../src/log/logger.js';
import { until } from '../../src/store/kv/store.contract.js';
import { BackOff } from '../../src/wire/back-off.js';
import { ClientPool } from '../../src/wire/client-pool.js';
import { RotatingCertificates } from '../../src/wire/rotation.js';
import { shareWire } from '../../src/wire/shared.js';
import { opensslMissing, type Pair, selfSigned, together } from './self-signed.js';
import { ask, scratch, startAnalyzer } from './trust-fixture.js';

const options = { ...(opensslMissing !== undefined && { skip: opensslMissing }), timeout: 60_000 };

/** What an agent does to reach an analyzer, with the keys of its configuration; and what its log says. */
async function agentLink(t: TestContext, port: number, pair: Pair, ca: string, host = '127.0.0.1') {
  const { config } = await loadConfig({
    files: [],
    env: {},
    defaultFile: '/nowhere',
    rooms: roomKeys,
    options: { 'tls.client_cert': pair.cert, 'tls.client_key': pair.key, 'tls.ca_cert': ca },
  });
  const said: string[] = [];
  const log = {
    ...silentLogger,
    warn: (text: string) => said.push(text),
    error: (text: string) => said.push(text),
    info: (text: string) => said.push(text),
  };
  const certificates = RotatingCertificates.open(config, 'client', log);
  assert.ok(certificates !== undefined);
  const pool = new ClientPool({
    urls: [`wss://${host}:${port}/ws/agent/topology`],
    host: 'agent1',
    serviceType: 'agent',
    protocol: 'protobuf',
    shared: shareWire({ log }),
    tls: certificates.clientOptions,
    backOff: new BackOff({ firstMs: 20, maxMs: 100 }),
  });
  pool.start();
  t.after(() => pool.stop());
  return { pool, said, certificates };
}

function serving(pair: Pair, ca: string) {
  return {
    'tls.server_cert': pair.cert,
    'tls.server_key': pair.key,
    'tls.ca_cert': ca,
    'tls.require_client_cert': true,
  };
}

const connected = (link: { pool: ClientPool }) => link.pool.speakers.size === 1;

test('agent and analyzer with self-signed pairs validate each other', options, async (t) => {
  const folder = scratch(t);
  const [analyzer, agent] = [
    selfSigned(folder, 'analyzer', '127.0.0.1'),
    selfSigned(folder, 'agent', '127.0.0.1'),
  ];
  const ca = together(folder, analyzer.cert, agent.cert);
  const { port } = await startAnalyzer(t, serving(analyzer, ca));
  const link = await agentLink(t, port, agent, ca);
  await until('the agent is connected', () => connected(link));
});

test('what is wrong is said on both sides', options, async (t) => {
  const folder = scratch(t);
  const analyzer = selfSigned(folder, 'analyzer', '127.0.0.1');
  const agent = selfSigned(folder, 'agent', '127.0.0.1');
  const stranger = selfSigned(folder, 'stranger', '127.0.0.1');
  const expired = selfSigned(folder, 'expired', '127.0.0.1', '-days', '-1');
  const ca = together(folder, analyzer.cert, agent.cert, expired.cert);
  const { port, log } = await startAnalyzer(t, serving(analyzer, ca));

  const unknown = await agentLink(t, port, stranger, ca);
  await until('the analyzer says who it refused', () =>
    log.some((line) => /TLS: refused 127\.0\.0\.1: /.test(line)),
  );
  unknown.pool.stop();
  assert.equal(connected(unknown), false);

  const old = await agentLink(t, port, expired, ca);
  assert.ok(old.said.some((line) => /tls\.client_cert: .*expired\.crt: expired since \d{4}-/.test(line)));
  old.pool.stop();

  const onlyAgent = join(folder, 'only-agent.crt');
  writeFileSync(onlyAgent, readFileSync(agent.cert));
  const distrusting = await agentLink(t, port, agent, onlyAgent);
  await until('the agent says whom it does not trust', () =>
    distrusting.said.some((line) => /skydive-analyzer has an unknown issuer.*tls\.ca_cert/.test(line)),
  );
  distrusting.pool.stop();

  const elsewhere = selfSigned(folder, 'elsewhere', '192.0.2.1');
  const bothCa = together(folder, elsewhere.cert, agent.cert);
  const other = await startAnalyzer(t, serving(elsewhere, bothCa));
  const misnamed = await agentLink(t, other.port, agent, bothCa);
  await until('the agent says which name is not there', () =>
    misnamed.said.some((line) => /the name 127\.0\.0\.1 is not in .*elsewhere\.example/.test(line)),
  );
});

test('a rotated pair is used for new connections, those that are open stay', options, async (t) => {
  const folder = scratch(t);
  const analyzer = selfSigned(folder, 'analyzer', '127.0.0.1');
  const agent = selfSigned(folder, 'agent', '127.0.0.1');
  const ca = together(folder, analyzer.cert, agent.cert);
  const { port, log } = await startAnalyzer(t, serving(analyzer, ca));
  const link = await agentLink(t, port, agent, ca);
  await until('the agent is connected', () => connected(link));
  const [before] = [...link.pool.speakers];

  const next = selfSigned(scratch(t), 'analyzer', '127.0.0.1');
  const nextCert = readFileSync(next.cert, 'utf8');
  writeFileSync(ca, nextCert + readFileSync(agent.cert, 'utf8'));
  writeFileSync(analyzer.key, readFileSync(next.key));
  writeFileSync(analyzer.cert, nextCert);
  await until('the new certificate is read', () =>
    log.some((line) => /server certificate was read anew/.test(line)),
  );
  const client = {
    ca: nextCert,
    cert: readFileSync(agent.cert, 'utf8'),
    key: readFileSync(agent.key, 'utf8'),
  };
  assert.equal((await ask({ port, method: 'GET', path: '/api', tls: client })).status, 200);
  assert.deepEqual([...link.pool.speakers], [before]);

  // Taken out of the authorities, the agent is let in no more.
  writeFileSync(ca, nextCert);
  await until(
    'it is refused',
    async () => (await ask({ port, method: 'GET', path: '/api', tls: client })).status === 0,
  );
  assert.deepEqual([...link.pool.speakers], [before]);
});

test('no protocol before TLS 1.2 and no weak cipher is spoken, on either port', options, async (t) => {
  const folder = scratch(t);
  const analyzer = selfSigned(folder, 'analyzer', '127.0.0.1');
  const { port, etcdUrl } = await startAnalyzer(t, {
    'tls.server_cert': analyzer.cert,
    'tls.server_key': analyzer.key,
  });
  const offer = (to: number, how: object) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: to, rejectUnauthorized: false, ...how }, () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
  for (const to of [port, Number(new URL(etcdUrl).port)]) {
    assert.equal(await offer(to, {}), 'TLSv1.3');
    assert.equal(await offer(to, { maxVersion: 'TLSv1.2' }), 'TLSv1.2');
    for (const version of ['TLSv1', 'TLSv1.1']) {
      assert.equal(
        await offer(to, { minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' }),
        'refused',
      );
    }
    for (const ciphers of [
      'AES128-SHA',
      'AES256-GCM-SHA384',
      'ECDHE-RSA-AES256-SHA384',
      'DHE-RSA-AES128-GCM-SHA256',
    ]) {
      const how = { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` };
      assert.equal(await offer(to, how), 'refused', ciphers);
    }
  }
});
