// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finished } from '../e2e/cli-fixture.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';

const root = join(import.meta.dirname, '../../..');

/** The single executable of this tree, made when it is not up to date. */
export function executable(): string {
  const made = spawnSync(process.execPath, [join(root, 'tools/release.mjs'), '--as-built'], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`tools/release.mjs: ${made.error?.message ?? made.stderr}`);
  return join(root, 'dist/skydive');
}

/** What glibc and GCC put on every host. */
const libraries = [
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'libstdc++.so.6',
];

/** The user of the minimal host who is not root. */
export const user = 1000;

/**
 * A host with nothing but the C and C++ libraries and the executable: no shell, no node, no repository, no network but
 * loopback; /tmp is mounted noexec.
 */
export class MinimalHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'skydive-minimal-'));
  readonly #network = new ScratchNamespace('relh');
  readonly #children = new Set<ChildProcess>();

  async up(): Promise<this> {
    chmodSync(this.folder, 0o755);
    await this.#network.do('link set lo up');
    for (const name of [
      'usr/bin',
      'usr/lib',
      'lib/x86_64-linux-gnu',
      'lib64',
      'etc',
      'dev',
      'root',
      'home/me',
    ]) {
      mkdirSync(this.path(name), { recursive: true });
    }
    for (const name of ['proc', 'sys', 'tmp', 'var/lib', 'run'])
      mkdirSync(this.path(name), { recursive: true });
    for (const name of ['null', 'urandom']) writeFileSync(this.path(`dev/${name}`), '');
    for (const name of libraries) {
      cpSync(`/lib/x86_64-linux-gnu/${name}`, this.path(`lib/x86_64-linux-gnu/${name}`), {
        dereference: true,
      });
    }
    cpSync('/lib64/ld-linux-x86-64.so.2', this.path('lib64/ld-linux-x86-64.so.2'), { dereference: true });
    writeFileSync(this.path('etc/passwd'), `root:x:0:0::/root:/x\nme:x:${user}:${user}::/home/me:/x\n`);
    chownSync(this.path('home/me'), user, user);
    cpSync(executable(), this.path('usr/bin/skydive'));
    symlinkSync('skydive', this.path('usr/bin/skydive-tripleo-inventory'));
    return this;
  }

  /** A path of the host as seen from outside. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts a program of the host in the background; `mounts` are arguments of `mount` before it. */
  start(
    command: readonly string[],
    { uid = 0, env = {}, mounts = [], capability }: HostOptions = {},
  ): ChildProcess {
    const mountings = [
      `-t proc proc ${this.path('proc')}`,
      `-t sysfs sysfs ${this.path('sys')}`,
      `-t tmpfs -o noexec tmpfs ${this.path('tmp')}`,
      `--bind /dev/null ${this.path('dev/null')}`,
      `--bind /dev/urandom ${this.path('dev/urandom')}`,
      ...mounts,
    ];
    const script = [...mountings.map((words) => `mount ${words} || exit 99`), 'exec "$@"'].join('\n');
    const gain =
      capability === undefined ? [] : [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
    const enter =
      capability === undefined
        ? ['chroot', `--userspec=${uid}:${uid}`, this.folder]
        : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...gain, 'chroot', this.folder];
    const namespace = ['netns', 'exec', this.#network.name, 'unshare', '--mount', 'sh', '-c', script, 'sh'];
    const child = spawn('ip', [...namespace, ...enter, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: uid === 0 ? '/root' : '/home/me', ...env },
    });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  /** Runs a program of the host to its end. */
  run(command: readonly string[], options: HostOptions = {}): Promise<Finished> {
    const child = this.start(command, options);
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

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#network.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface HostOptions {
  /** Also its group; root unless given. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly string[];
  /** One that the program has beside the rights of its user; it must include that of `chroot`. */
  readonly capability?: 'sys_chroot';
}
