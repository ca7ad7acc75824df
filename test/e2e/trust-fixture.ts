// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Analyzer } from '../../src/analyzer/analyzer.js';
import { roomKeys } from '../../src/cli/keys.js';
import type { ConfigValue } from '../../src/config/key.js';
import { loadConfig } from '../../src/config/load.js';
import type { Logger } from '../../src/log/logger.js';
import { issue } from '../../src/wire/authority/certificate.js';
import { freePort } from '../servers/etcd.js';

export function scratch(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-trust-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunningAnalyzer {
  readonly analyzer: Analyzer;
  readonly port: number;
  readonly etcdUrl: string;
  readonly log: string[];
}

/** An analyzer of this process with a configuration of its own, stopped after the test. */
export async function startAnalyzer(
  t: Pick<TestContext, 'after'>,
  options: Readonly<Record<string, ConfigValue>> = {},
): Promise<RunningAnalyzer> {
  const folder = scratch(t);
  const etcdPort = await freePort();
  const { config } = await loadConfig({
    files: [],
    env: {},
    defaultFile: '/nowhere',
    rooms: roomKeys,
    options: {
      host_id: 'an1',
      'analyzer.listen': '127.0.0.1:0',
      'etcd.listen': `127.0.0.1:${etcdPort}`,
      'etcd.data_dir': join(folder, 'etcd'),
      'analyzer.topology.backend': 'memory',
      analyzers: [],
      ...options,
    },
  });
  const log: string[] = [];
  const note = (level: string) => (text: string) => log.push(`${level} ${text}`);
  const logger: Logger = {
    debug: note('DEBUG'),
    info: note('INFO'),
    warn: note('WARN'),
    error: note('ERROR'),
  };
  const analyzer = new Analyzer(config, logger);
  t.after(() => analyzer.stop());
  const { port } = await analyzer.start();
  return { analyzer, port, etcdUrl: `http://127.0.0.1:${etcdPort}`, log };
}

/** An authority, a server pair for loopback and a client pair, as files and as texts. */
export function certificates(folder: string) {
  const issuer = issue({ commonName: 'test CA', names: [], days: 2 });
  const pair = (name: string) => {
    const { certificate, key } = issue({
      commonName: name,
      names: ['localhost', '127.0.0.1'],
      days: 2,
      issuer,
    });
    const [cert, secret] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    const keyText = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeFileSync(cert, certificate);
    writeFileSync(secret, keyText);
    return { certPath: cert, keyPath: secret, cert: certificate, key: keyText };
  };
  const caPath = join(folder, 'ca.crt');
  writeFileSync(caPath, issuer.certificate);
  return { ca: issuer.certificate, caPath, server: pair('server'), client: pair('client') };
}

export interface Asking {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** https where present. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

export interface Answered {
  /** 101 for an upgrade; 0 when the connection was refused. */
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** One request on a connection of its own. */
export function ask({ port, method, path, headers = {}, body, tls }: Asking): Promise<Answered> {
  return new Promise((resolve) => {
    const sent = (tls === undefined ? httpRequest : httpsRequest)({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent: false,
      ...tls,
    });
    sent.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: 101, body: '', headers: answer.headers });
    });
    sent.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text += chunk;
      });
      const done = () => resolve({ status: answer.statusCode ?? 0, body: text, headers: answer.headers });
      answer.on('end', done).on('close', done);
    });
    sent.on('error', () => resolve({ status: 0, body: '', headers: {} }));
    sent.end(body);
  });
}

export const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'X-Client-Type': 'test',
};

export const basicAuth = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
