// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../src/store/kv/store.contract.js';
import { freePort } from './etcd.js';
import { adminPassword, type Keystone } from './keystone.js';

interface Outputs {
  readonly [key: string]: unknown;
}

/**
 * A real Heat, API and engine in one process that passes messages within itself, with a database of its own on
 * loopback; it is registered in the catalog of a Keystone.
 */
export class Heat {
  readonly #keystone: Keystone;
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'skydive-heat-'));
  #process: ChildProcess | undefined;
  #token = '';
  #project = '';

  private constructor(keystone: Keystone, port: number) {
    this.#keystone = keystone;
    this.#port = port;
  }

  static async start(keystone: Keystone): Promise<Heat> {
    const heat = new Heat(keystone, await freePort());
    try {
      await heat.#register();
      await heat.#start();
      return heat;
    } catch (error) {
      await heat.stop();
      throw error;
    }
  }

  async #register(): Promise<void> {
    const project = { name: 'admin', domain: { id: 'default' } };
    const user = { name: 'admin', domain: { id: 'default' }, password: adminPassword };
    const identity = { methods: ['password'], password: { user } };
    const login = await this.#keystone.call('POST', '/auth/tokens', '', {
      auth: { identity, scope: { project } },
    });
    this.#token = login.headers.get('x-subject-token') ?? '';
    this.#project = ((await login.json()) as { token: { project: { id: string } } }).token.project.id;
    const call = async (path: string, body: unknown) => {
      const answer = await this.#keystone.call('POST', path, this.#token, body);
      assert.equal(answer.status, 201, path);
      return (await answer.json()) as { service: { id: string } };
    };
    await call('/regions', { region: { id: 'regionOne' } });
    const register = async (type: string, url: string) => {
      const { service } = await call('/services', { service: { type, name: type } });
      for (const name of ['public', 'internal', 'admin']) {
        const endpoint = { service_id: service.id, interface: name, region_id: 'regionOne', url };
        await call('/endpoints', { endpoint });
      }
    };
    await register('identity', this.#keystone.url);
    await register('orchestration', `http://127.0.0.1:${this.#port}/v1/%(project_id)s`);
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    const config = join(folder, 'heat.conf');
    const { url } = this.#keystone;
    writeFileSync(
      config,
      `[DEFAULT]
log_file = ${folder}/heat.log
transport_url = fake:///
auth_encryption_key = 0123456789abcdef0123456789abcdef
deferred_auth_method = password
num_engine_workers = 1
[heat_all]
enabled_services = engine,api
[database]
connection = sqlite:///${folder}/heat.db
[heat_api]
bind_host = 127.0.0.1
bind_port = ${this.#port}
workers = 1
[paste_deploy]
api_paste_config = /etc/heat/api-paste.ini
[keystone_authtoken]
www_authenticate_uri = ${url}
auth_url = ${url}
auth_type = password
username = admin
password = ${adminPassword}
project_name = admin
user_domain_id = default
project_domain_id = default
`,
    );
    execFileSync('heat-manage', ['--config-file', config, 'db_sync'], { stdio: 'ignore' });
    execFileSync('/usr/bin/python3', [
      '-c',
      `import sqlite3; sqlite3.connect('${folder}/heat.db').execute('pragma journal_mode=wal')`,
    ]);
    this.#process = spawn('heat-all', ['--config-file', config], { stdio: 'ignore' });
    await until(
      'Heat answers',
      async () => {
        if (this.#process?.exitCode !== null)
          throw new Error(`Heat ended: ${readFileSync(`${folder}/heat.log`, 'utf8')}`);
        return (await fetch(`http://127.0.0.1:${this.#port}/`).catch(() => undefined))?.status === 300;
      },
      60_000,
    );
  }

  /** A stack without resources: what the generator reads of a plan. */
  async create(name: string, outputs: Outputs, password: string, hidden: boolean): Promise<void> {
    const stacks = `http://127.0.0.1:${this.#port}/v1/${this.#project}/stacks`;
    const headers = { 'x-auth-token': this.#token, 'content-type': 'application/json' };
    const template = {
      heat_template_version: '2018-08-31',
      parameters: { AdminPassword: { type: 'string', hidden } },
      outputs: Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, { value }])),
    };
    const environment = { parameter_defaults: { AdminPassword: password } };
    const body = JSON.stringify({ stack_name: name, template, environment, timeout_mins: 5 });
    await until(
      `stack ${name} is accepted`,
      async () => {
        const created = await fetch(stacks, { method: 'POST', headers, body });
        const text = await created.text();
        // Its first look at Keystone may come while that is still starting its application.
        if (created.status !== 503) assert.equal(created.status, 201, text);
        return created.status === 201;
      },
      60_000,
    );
    await until(
      `stack ${name} is complete`,
      async () => {
        const answer = await fetch(`${stacks}/${name}`, { headers });
        const { stack } = (await answer.json()) as { stack?: { stack_status: string } };
        return stack?.stack_status === 'CREATE_COMPLETE';
      },
      60_000,
    );
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
