// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';

export interface MachineOptions {
  readonly name: string;
  /** Name of its network namespace. */
  readonly namespace: string;
  readonly address: string;
  /** The root that all machines share, read only. */
  readonly root: string;
  /** Folder for what this machine changes, its log and its mounts. */
  readonly folder: string;
  /** Folders of this host that it sees read only, at the same path unless `from:to`. */
  readonly binds: readonly string[];
}

export interface Said {
  readonly status: number;
  readonly out: string;
}

const capabilities = ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_BPF', 'CAP_PERFMON', 'CAP_IPC_LOCK'];
/** Written by the system or by Ansible itself. */
const passing =
  /^\/(tmp|run|dev|proc|sys|srv|root|home|var\/(log|tmp|cache|spool)|var\/lib\/(systemd|private|dbus|apt|dpkg|sudo))(\/|$)|^\/etc\/(\.pwd\.lock|machine-id|hostname|resolv\.conf|(passwd|group|shadow|gshadow|subuid|subgid)-?)$|multi-user\.target\.wants$|^\/usr\/local\/sbin$/;
const hierarchies = '/sys/fs/cgroup';

/** A booted Debian with systemd as process 1: systemd-nspawn in a network namespace and control groups of its own. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly #options: MachineOptions;
  #nspawn: ChildProcess | undefined;
  #leader = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    const { folder, root } = options;
    for (const part of ['upper', 'work', 'root']) mkdirSync(join(folder, part), { recursive: true });
    const layers = `lowerdir=${root},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, join(folder, 'root')]);
  }

  async boot(): Promise<void> {
    const { name, namespace, folder, binds } = this.#options;
    // Machines booted with --keep-unit in one control group see each other's services.
    const groups = readdirSync(hierarchies)
      .map((hierarchy) => join(hierarchies, hierarchy))
      .filter((path) => existsSync(join(path, 'cgroup.procs')))
      .map((path) => join(path, `skydive-${name}-${process.pid}`));
    for (const group of groups) {
      if (existsSync(group)) continue;
      mkdirSync(group);
      // A new group of cpuset takes no process before it has processors and memory.
      if (group.includes('/cpuset/')) {
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          spawnSync('sh', ['-c', `cat ${group}/../${file} > ${group}/${file}`]);
      }
    }
    const enter = groups.map((group) => `echo $$ > ${group}/cgroup.procs`).join('; ');
    const log = openSync(join(folder, 'console.log'), 'a');
    this.#nspawn = spawn(
      'nsenter',
      [
        `--net=/run/netns/${namespace}`,
        ...['sh', '-c', `${enter}; exec "$@"`, 'sh', 'systemd-nspawn', '--quiet', '--boot'],
        ...[`--directory=${join(folder, 'root')}`, `--machine=${name}`, '--register=no', '--keep-unit'],
        ...[`--network-namespace-path=/run/netns/${namespace}`, `--capability=${capabilities.join(',')}`],
        ...binds.map((bind) => `--bind-ro=${bind}`),
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    await eventually(`${name} runs`, () => {
      this.#leader = this.#child();
      const { out } = this.run('systemctl is-system-running');
      return /running|degraded/.test(out);
    });
  }

  /** What a shell in the machine says, standard error included. */
  run(command: string): Said {
    if (this.#leader === 0) return { status: -1, out: 'not booted' };
    const made = spawnSync(
      'nsenter',
      ['-a', '-t', String(this.#leader), '/bin/sh', '-c', `{ ${command}\n} 2>&1`],
      {
        encoding: 'utf8',
        env: {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LANG: 'C.UTF-8',
        },
      },
    );
    return { status: made.status ?? -1, out: made.stdout.trim() };
  }

  /** Arguments of nsenter for a program in a folder of the machine. `sudo` keeps the environment. */
  enter(folder: string, sudo: boolean, words: readonly string[]): string[] {
    const program = sudo ? ['sudo', '--preserve-env', ...words] : words;
    return ['-a', '-t', String(this.#leader), 'sh', '-c', `cd ${folder} && exec "$@"`, 'sh', ...program];
  }

  /** The output of a command; throws when it fails. */
  ask(command: string): string {
    const { status, out } = this.run(command);
    if (status !== 0) throw new Error(`${this.name}: ${command}: exit ${status}: ${out}`);
    return out;
  }

  /** A property of a unit, as `systemctl show` gives it. */
  property(unit: string, name: string): string {
    return this.ask(`systemctl show --value -p ${name} ${unit}`);
  }

  /** Columns of `ps` for the main process of a service. */
  processOf(service: string, columns: string): string[] {
    const spec = columns.replaceAll(/(^|,)([^,]+)/g, ' -o $2=');
    return this.ask(`ps ${spec} -p ${this.property(service, 'MainPID')}`).split(/\s+/);
  }

  /** Files that differ from the root and folders that it has not, apart from logs, caches, what systemd and Ansible leave. */
  files(): string[] {
    const { folder, root } = this.#options;
    const upper = join(folder, 'upper');
    const found = execFileSync('find', [upper, '-mindepth', '1', '-printf', '/%P %y\n'], {
      encoding: 'utf8',
    });
    return (
      found
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' c'))
        // The upper layer has a folder of the root as soon as something in it changes.
        .filter((line) => !line.endsWith(' d') || !existsSync(join(root, line.slice(0, -2))))
        .map((line) => line.slice(0, -2))
        .filter((path) => !passing.test(path))
        .sort()
    );
  }

  async reboot(): Promise<void> {
    await this.halt();
    await this.boot();
  }

  async halt(): Promise<void> {
    const child = this.#nspawn;
    this.#nspawn = undefined;
    this.#leader = 0;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await gone;
    clearTimeout(killer);
  }

  async remove(): Promise<void> {
    await this.halt();
    const { folder, name } = this.#options;
    execFileSync('umount', ['--lazy', join(folder, 'root')]);
    rmSync(join(folder), { recursive: true, force: true });
    for (const hierarchy of readdirSync(hierarchies))
      removeGroups(join(hierarchies, hierarchy, `skydive-${name}-${process.pid}`));
  }

  note(text: string): void {
    appendFileSync(join(this.#options.folder, 'console.log'), text);
  }

  #child(): number {
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(this.#nspawn?.pid)], {
      encoding: 'utf8',
    });
    return Number(stdout.trim().split(/\s+/)[0] ?? 0);
  }
}

function removeGroups(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  try {
    rmdirSync(path);
  } catch {
    // A process that is being reaped; the empty group does no harm.
  }
}
