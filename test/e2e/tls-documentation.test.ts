// SPDX-License-Identifier: Apache-2.0
// The documentation's walk through TLS with a real analyzer and real agents: openssl's self-signed pairs, both
// certificates together as ca_cert; then what is wrong with certificates, and what each side says of it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Host, type Service } from './allinone-fixture.js';
import type { Finished } from './cli-fixture.js';
import { notYetValid, opensslMissing, type Pair, selfSigned, together } from './self-signed.js';

const options = { ...(opensslMissing !== undefined && { skip: opensslMissing }), timeout: 180_000 };
const startMs = 30_000;
const loopback = '127.0.0.1';

/** A host with an analyzer that validates its clients, and what its agents are started with. */
class Scene {
  readonly host = new Host('host1', { SKYDIVE_ANALYZERS: `${loopback}:8082` });
  analyzer!: Service;

  get folder(): string {
    return this.host.folder;
  }

  pair(name: string, address = loopback, ...more: string[]): Pair {
    return selfSigned(this.folder, name, address, ...more);
  }

  ca(...certs: readonly string[]): string {
    return together(this.folder, ...certs);
  }

  /** A configuration file in the words of the documentation. */
  config(name: string, side: 'server' | 'client', pair: Pair | undefined, ca: string, more = ''): string {
    const files = pair === undefined ? '' : `  ${side}_cert: ${pair.cert}\n  ${side}_key: ${pair.key}\n`;
    const path = join(this.folder, `${name}.yml`);
    writeFileSync(path, `tls:\n  ca_cert: ${ca}\n${files}${more}`);
    return path;
  }

  async startAnalyzer(pair: Pair, ca: string): Promise<void> {
    const file = this.config('analyzer', 'server', pair, ca, '  require_client_cert: true\n');
    this.analyzer = this.host.start('-c', file, 'analyzer');
    await eventually(() => assert.match(this.analyzer.log, /analyzer listening/), startMs);
  }

  agent(name: string, pair: Pair | undefined, ca: string): Service {
    return this.host.start('-c', this.config(name, 'client', pair, ca), 'agent', '--host-id', name);
  }

  /** What the client of the command line gets, over TLS with a pair of its own. */
  client(pair: Pair, ca: string, ...args: readonly string[]): Promise<Finished> {
    const tls = ['--cert', pair.cert, '--key', pair.key, '--cacert', ca];
    return this.host.skydive('client', ...tls, ...args);
  }

  /** The analyzer's connections to its agents, by name. */
  async agents(pair: Pair, ca: string): Promise<Record<string, { ConnectTime: string }>> {
    const { code, stdout, stderr } = await this.client(pair, ca, 'status');
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { Agents: Record<string, { ConnectTime: string }> }).Agents;
  }
}

async function newScene(t: TestContext): Promise<Scene | undefined> {
  if (!requireNamespaces(t)) return undefined;
  const scene = new Scene();
  t.after(() => scene.host.remove());
  await scene.host.up();
  return scene;
}

const said = (service: Service, pattern: RegExp) =>
  eventually(() => assert.match(service.log, pattern), startMs);

test(
  'analyzer and agent validate each other; a new pair is taken without losing a connection',
  options,
  async (t) => {
    const scene = await newScene(t);
    if (scene === undefined) return;
    const [analyzer, agent] = [scene.pair('analyzer'), scene.pair('agent')];
    const ca = scene.ca(analyzer.cert, agent.cert);
    await scene.startAnalyzer(analyzer, ca);
    const service = scene.agent('agent1', agent, ca);
    await eventually(
      async () => assert.deepEqual(Object.keys(await scene.agents(agent, ca)), ['agent1']),
      startMs,
    );
    const count = async () =>
      (await scene.client(agent, ca, 'query', "G.V().Has('Name', 'lo').Count()")).stdout;
    await eventually(async () => assert.equal((await count()).trim(), '1', service.log), startMs);
    const before = await scene.agents(agent, ca);

    // A new pair in the same files, as somebody who renews certificates puts it.
    const renewed = scene.pair('renewed');
    writeFileSync(ca, [renewed.cert, agent.cert].map((path) => readFileSync(path, 'utf8')).join(''));
    writeFileSync(analyzer.key, readFileSync(renewed.key));
    writeFileSync(analyzer.cert, readFileSync(renewed.cert));
    await said(scene.analyzer, /server certificate was read anew/);
    assert.deepEqual(await scene.agents(agent, ca), before, 'the connection is the same one');
    const old = together(scene.folder, agent.cert);
    const distrusted = await scene.client(agent, old, 'status');
    assert.equal(distrusted.code, 1, 'the new certificate is the one that is presented');

    // Taken out of the authorities, the agent keeps its connection and gets no new one.
    writeFileSync(ca, readFileSync(renewed.cert));
    await eventually(async () => {
      const { stderr } = await scene.client(agent, ca, 'status');
      assert.notEqual(stderr, '');
    }, startMs);
    assert.ok(!/disconnected|cannot connect to wss/.test(service.log), service.log);
    service.kill('SIGKILL');
    await service.exit;
    const revoked = scene.agent('agent2', agent, ca);
    await said(
      scene.analyzer,
      /TLS: refused 127\.0\.0\.1: the certificate of skydive-agent has an unknown issuer/,
    );
    await said(revoked, /cannot connect to wss:\/\/127\.0\.0\.1:8082/);
  },
);

test(
  'what is wrong with a certificate is said by the side that refuses it, and nobody is let in',
  options,
  async (t) => {
    const scene = await newScene(t);
    if (scene === undefined) return;
    const analyzer = scene.pair('analyzer');
    const agent = scene.pair('agent');
    const expired = scene.pair('expired', loopback, '-days', '-1');
    const early = notYetValid(scene.folder, 'early', loopback);
    const stranger = scene.pair('stranger');
    const ca = scene.ca(analyzer.cert, agent.cert, expired.cert, early.cert);
    await scene.startAnalyzer(analyzer, ca);
    const expectations: readonly [
      name: string,
      pair: Pair | undefined,
      agentSays: RegExp,
      analyzerSays: RegExp,
    ][] = [
      [
        'agent-expired',
        expired,
        /tls\.client_cert: .*expired\.crt: expired since \d{4}-/,
        /certificate of skydive-expired has expired since/,
      ],
      [
        'agent-early',
        early,
        /tls\.client_cert: .*early\.crt: not valid before 2101-01-01/,
        /certificate of skydive-early is not valid before/,
      ],
      [
        'agent-stranger',
        stranger,
        /cannot connect to wss:/,
        /certificate of skydive-stranger has an unknown issuer .*tls\.ca_cert/,
      ],
      ['agent-without', undefined, /cannot connect to ws:/, /it speaks plain HTTP/],
    ];
    for (const [name, pair, agentSays, analyzerSays] of expectations) {
      const service = scene.agent(name, pair, ca);
      await said(service, agentSays);
      await said(scene.analyzer, new RegExp(`TLS: refused 127\\.0\\.0\\.1: .*${analyzerSays.source}`));
      service.kill('SIGKILL');
      await service.exit;
    }
    // A client without a certificate, and one that does not know the analyzer's.
    const only = join(scene.folder, 'only-agent.crt');
    writeFileSync(only, readFileSync(agent.cert));
    const distrusting = scene.agent('agent-distrusting', agent, only);
    await said(distrusting, /certificate of skydive-analyzer has an unknown issuer .*tls\.ca_cert/);
    assert.deepEqual(await scene.agents(agent, ca), {}, 'nobody was let in');
  },
);

test('an analyzer whose certificate is for another host, or expired, is not believed', options, async (t) => {
  for (const [name, address, more, says] of [
    [
      'elsewhere',
      '192.0.2.1',
      [],
      /the name 127\.0\.0\.1 is not in the certificate of skydive-elsewhere .*elsewhere\.example/,
    ],
    ['old', loopback, ['-days', '-1'], /the certificate of skydive-old has expired since/],
  ] as const) {
    const scene = await newScene(t);
    if (scene === undefined) return;
    const [analyzer, agent] = [scene.pair(name, address, ...more), scene.pair('agent')];
    const ca = scene.ca(analyzer.cert, agent.cert);
    await scene.startAnalyzer(analyzer, ca);
    const service = scene.agent('agent1', agent, ca);
    await said(service, says);
    if (name === 'old') assert.match(scene.analyzer.log, /tls\.server_cert: .*old\.crt: expired since/);
  }
});

test(
  'a key that does not match, and files that are missing, are refused at the start, naming them',
  options,
  async (t) => {
    const scene = await newScene(t);
    if (scene === undefined) return;
    const [one, other] = [scene.pair('one'), scene.pair('other')];
    const start = async (side: 'server' | 'client', pair: Pair, ca: string) => {
      const file = scene.config('broken', side, pair, ca);
      const { code, stderr } = await scene.host.skydive('-c', file, side === 'server' ? 'analyzer' : 'agent');
      assert.equal(code, 1);
      return stderr;
    };
    for (const side of ['server', 'client'] as const) {
      const mixed = { cert: one.cert, key: other.key };
      assert.match(
        await start(side, mixed, one.cert),
        new RegExp(`tls\\.${side}_key: .*other\\.key does not belong to the certificate .*one\\.crt`),
      );
      assert.match(
        await start(side, one, '/nowhere/ca.crt'),
        /tls\.ca_cert: cannot read \/nowhere\/ca\.crt: ENOENT/,
      );
    }
  },
);
