// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../src/store/kv/store.contract.js';
import { freePort } from './etcd.js';

export const adminPassword = 'admin-secret';

/** A real Keystone with a database of its own on loopback, admin in project admin of domain Default. */
export class Keystone {
  readonly url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'skydive-keystone-'));
  readonly #port: number;
  readonly #config: string;
  #process: ChildProcess | undefined;

  readonly #expirationS: number;

  private constructor(port: number, expirationS: number) {
    this.#port = port;
    this.#expirationS = expirationS;
    this.url = `http://127.0.0.1:${port}/v3`;
    this.#config = join(this.#folder, 'keystone.conf');
  }

  /** Its tokens live `expirationS` seconds. */
  static async start(expirationS = 3600): Promise<Keystone> {
    const keystone = new Keystone(await freePort(), expirationS);
    try {
      keystone.#prepare();
      await keystone.start();
      return keystone;
    } catch (error) {
      keystone.remove();
      throw error;
    }
  }

  async start(): Promise<void> {
    this.#process = spawn(
      'uwsgi',
      [
        ...['--plugins', 'python3', '--http-socket', `127.0.0.1:${this.#port}`],
        ...['--wsgi-file', '/usr/bin/keystone-wsgi-public', '--processes', '1', '--die-on-term'],
        ...['--env', `OS_KEYSTONE_CONFIG_FILES=${this.#config}`],
      ],
      { stdio: 'ignore' },
    );
    await until(
      'Keystone answers',
      async () =>
        (await fetch(this.url, { headers: { Connection: 'close' } }).catch(() => undefined))?.ok === true,
      60_000,
    );
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A token of the administrator for its own project, or the API's other answers. */
  async call(method: string, path: string, token: string, body?: unknown): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { Connection: 'close', 'X-Auth-Token': token, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  #prepare(): void {
    const folder = this.#folder;
    for (const name of ['fernet', 'credential']) mkdirSync(join(folder, name), { mode: 0o700 });
    writeFileSync(
      this.#config,
      `[database]
connection = sqlite:///${folder}/keystone.db
[token]
provider = fernet
expiration = ${this.#expirationS}
[fernet_tokens]
key_repository = ${folder}/fernet
[credential]
key_repository = ${folder}/credential
[cache]
enabled = false
[DEFAULT]
log_file = ${folder}/keystone.log
`,
    );
    const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
    const manage = (...args: string[]) =>
      execFileSync('keystone-manage', ['--config-file', this.#config, ...args], { stdio: 'ignore' });
    manage('db_sync');
    manage('fernet_setup', '--keystone-user', user, '--keystone-group', group);
    manage('credential_setup', '--keystone-user', user, '--keystone-group', group);
    manage('bootstrap', '--bootstrap-password', adminPassword);
    // Readers and a writer at once: without it SQLite answers "database is locked".
    execFileSync('python3', [
      '-c',
      `import sqlite3; sqlite3.connect('${folder}/keystone.db').execute('pragma journal_mode=wal')`,
    ]);
  }
}
