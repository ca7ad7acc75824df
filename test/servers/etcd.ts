// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../src/store/kv/store.contract.js';

/** The clone: this file runs as out/test/servers/etcd.js. */
export const repoRoot = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Runs a script of tools/setup. Why it cannot be had, undefined when it is there; throws in CI. */
export function setUp(script: string): string | undefined {
  const run = spawnSync(join(repoRoot, 'tools/setup', script), { encoding: 'utf8' });
  if (run.status === 0) return undefined;
  const why = `needs ${script}: ${run.stderr?.trim().split('\n').at(-1) ?? run.error?.message}`;
  if (process.env['CI'] === 'true') throw new Error(why);
  return why;
}

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A member of a real etcd on loopback; mostly its only one. */
export class Etcd {
  readonly url: string;
  readonly #name: string;
  readonly #peer: string;
  #cluster: string;
  readonly #args: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'skydive-etcd-'));
  #process: ChildProcess | undefined;

  private constructor(port: number, peerPort: number, args: readonly string[], name = 's1') {
    this.url = `http://127.0.0.1:${port}`;
    this.#name = name;
    this.#peer = `http://127.0.0.1:${peerPort}`;
    this.#cluster = `${name}=${this.#peer}`;
    this.#args = args;
  }

  /** Members of one cluster. */
  static async cluster(names: readonly string[], ...args: readonly string[]): Promise<Etcd[]> {
    const members: Etcd[] = [];
    for (const name of names) members.push(new Etcd(await freePort(), await freePort(), args, name));
    const cluster = members.map((member) => member.#cluster).join(',');
    for (const member of members) member.#cluster = cluster;
    await Promise.all(members.map((member) => member.start()));
    return members;
  }

  static async start(...args: readonly string[]): Promise<Etcd> {
    const etcd = new Etcd(await freePort(), await freePort(), args);
    await etcd.start();
    return etcd;
  }

  async start(): Promise<void> {
    const [url, peer] = [this.url, this.#peer];
    this.#process = spawn(
      'etcd',
      [
        ...['--name', this.#name, '--data-dir', this.#folder, '--initial-cluster', this.#cluster],
        ...['--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...this.#args,
      ],
      { stdio: 'ignore' },
    );
    await until('etcd is healthy', async () => {
      assert.equal(this.#process?.exitCode, null, 'etcd ended');
      try {
        return (await (await fetch(`${url}/health`)).text()).includes('true');
      } catch {
        return false;
      }
    });
  }

  /** SIGSTOP and SIGCONT: the server is there, but does not answer. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
