// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { bundle, type Finished } from './cli-fixture.js';

/** A host of its own: a network namespace with loopback, a data folder, and `skydive` in it. */
export class Host {
  readonly network = new ScratchNamespace('alli');
  readonly folder = mkdtempSync(join(tmpdir(), 'skydive-e2e-'));
  readonly id: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #children = new Set<ChildProcess>();

  constructor(id = 'host1', environment: Readonly<Record<string, string>> = {}) {
    this.id = id;
    this.#environment = environment;
  }

  async up(): Promise<this> {
    // The analyzer may run as another user.
    chmodSync(this.folder, 0o755);
    await this.network.do('link set lo up');
    return this;
  }

  /** Where its network namespaces are bound: not where those of tests are that run at the same time. */
  get runPath(): string {
    return join(this.folder, 'netns');
  }

  get history(): string {
    return join(this.folder, 'history');
  }

  /** Starts `skydive …` in the background. */
  start(...args: string[]): Service {
    const child = this.#spawn(args);
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return new Service(child);
  }

  /** Runs `skydive …` to its end. */
  skydive(...args: string[]): Promise<Finished> {
    const child = this.#spawn(args);
    const output = { stdout: '', stderr: '' };
    child.stdout!.on('data', (data) => {
      output.stdout += data;
    });
    child.stderr!.on('data', (data) => {
      output.stderr += data;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve({ code, ...output }));
    });
  }

  /** The answer to a query; throws what the command says when it fails. */
  async query(gremlin: string): Promise<unknown> {
    const { code, stdout, stderr } = await this.skydive('client', 'query', gremlin);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.network.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.network.name, process.execPath, bundle, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        SKYDIVE_HOST_ID: this.id,
        SKYDIVE_AGENT_TOPOLOGY_NETNS_RUN_PATH: this.runPath,
        SKYDIVE_ETCD_DATA_DIR: join(this.folder, 'etcd'),
        SKYDIVE_STORAGE_LEVEL_PATH: this.history,
        ...this.#environment,
      },
    });
  }
}

/** A running `skydive` with what it said so far. */
export class Service {
  log = '';
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        this.log += data;
      });
    }
    this.exit = new Promise((resolve) => {
      child.on('exit', (code) => resolve(code));
    });
  }

  /** `ip netns exec` becomes the program it runs. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Process ids of its children. */
  get children(): number[] {
    const list = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
