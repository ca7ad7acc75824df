// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { SkydiveError } from '../../../errors.js';
import type { Logger } from '../../../log/logger.js';
import { EtcdServers } from '../etcd/servers.js';
import { type MemberOptions, memberArguments } from './arguments.js';

const readyMs = 60_000;
const firstRestartMs = 500;
const maxRestartMs = 30_000;
const stopGraceMs = 10_000;
const keptLines = 20;

/** Runs the distribution's etcd as a member of `etcd.peers`, and starts it again when it dies. */
export class EtcdMember {
  readonly #options: MemberOptions;
  readonly #logger: Logger;
  readonly #clientTls: SecureContextOptions | undefined;
  readonly #command: readonly string[];
  readonly #said: string[] = [];
  #process: ChildProcess | undefined;
  #restartMs = firstRestartMs;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #restarts = 0;

  /** Throws SKY_E_CONFIG when the configuration names no such member, or the host has no etcd. */
  constructor(options: MemberOptions, logger: Logger, clientTls?: SecureContextOptions) {
    this.#options = options;
    this.#logger = logger;
    this.#clientTls = clientTls;
    const binary = inPath('etcd');
    if (binary === undefined) {
      throw new SkydiveError(
        'SKY_E_CONFIG',
        'etcd.peers asks for a cluster, but the program etcd is not installed: install the package etcd-server (Debian, Ubuntu) or etcd (Fedora), or name running servers in etcd.servers and set etcd.embedded to false',
      );
    }
    // The member must not outlive an analyzer that is killed: it would keep the ports.
    const setpriv = inPath('setpriv');
    const guard = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'SIGTERM', '--'];
    this.#command = [...guard, binary, ...memberArguments(options)];
  }

  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the member answers. Rejects with SKY_E_STORE when it does not within a minute. */
  async start(): Promise<void> {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    this.#launch();
    const { listen, tls } = this.#options;
    const url = memberUrl(listen, tls === undefined ? 'http' : 'https');
    const servers = new EtcdServers({
      urls: [url],
      timeoutMs: 2000,
      ...(tls !== undefined && { tls: ownMemberTls(this.#clientTls ?? {}) }),
    });
    try {
      const deadline = performance.now() + readyMs;
      while (performance.now() < deadline) {
        if (this.#restarts > 2) break;
        if (await healthy(servers)) return;
        await delay(100);
      }
    } finally {
      servers.close();
    }
    const last = this.#said.slice(-3).join(' | ');
    await this.stop();
    throw new SkydiveError(
      'SKY_E_STORE',
      `Failed to start etcd: ${last || 'it does not answer, has it a majority of its peers?'}`,
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
    await gone;
    clearTimeout(killer);
  }

  #launch(): void {
    const [program, ...args] = this.#command;
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') this.#note(line);
    });
    let ended = false;
    const onEnd = (why: string): void => {
      if (ended) return;
      ended = true;
      this.#process = undefined;
      if (this.#stopping) return;
      this.#logger.error(
        `etcd ended (${why}), starting it again in ${this.#restartMs} ms: ${this.#said.at(-1) ?? ''}`,
      );
      this.#timer = setTimeout(() => {
        this.#restarts += 1;
        this.#launch();
      }, this.#restartMs);
      this.#restartMs = Math.min(this.#restartMs * 2, maxRestartMs);
    };
    child.on('error', (error) => onEnd(error.message));
    child.on('exit', (code, signal) => onEnd(signal ?? `exit status ${code}`));
  }

  #note(line: string): void {
    this.#said.push(line.slice(0, 500));
    if (this.#said.length > keptLines) this.#said.shift();
    this.#logger.debug(`etcd: ${line}`);
  }
}

/** Where our own member answers. */
export function memberUrl(listen: MemberOptions['listen'], scheme: 'http' | 'https'): string {
  const { host, port } = listen;
  const local = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${local.includes(':') ? `[${local}]` : local}:${port}`;
}

/** The member's certificate names this host as others know it, not the loopback address that we reach it by. */
export function ownMemberTls(tls: SecureContextOptions): SecureContextOptions & ConnectionOptions {
  return {
    get cert() {
      return tls.cert;
    },
    get key() {
      return tls.key;
    },
    get ca() {
      return tls.ca;
    },
    minVersion: 'TLSv1.2',
    checkServerIdentity: () => undefined,
  };
}

async function healthy(servers: EtcdServers): Promise<boolean> {
  try {
    return /"health":\s*"?true/.test((await servers.ask({ method: 'GET', path: '/health' })).text);
  } catch {
    return false;
  }
}

function inPath(program: string): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/bin',
    '/usr/local/bin',
  ];
  for (const folder of folders) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Next folder.
    }
  }
  return undefined;
}
