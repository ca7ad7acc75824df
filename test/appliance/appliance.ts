// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { Lan } from './lan.js';
import { Machine } from './machine.js';
import { PlaybookRun } from './playbook.js';

export const repoRoot = join(import.meta.dirname, '../../..');

/** Paths that tools/setup/appliance prints. */
interface Host {
  readonly cache: string;
  readonly root: string;
  /** Folders with `ansible-playbook`, of the ends of the supported range. */
  readonly oldest: string;
  readonly newest: string;
  readonly lint: string;
}

/** All scenarios, `--full`, instead of those that CI runs. */
export const full = process.env['SKYDIVE_APPLIANCE_FULL'] === '1';

/** A test that only `--full` has. */
export function testInFull(name: string, run: () => Promise<void>): void {
  if (full) test(name, run);
}

let made: Host | undefined;

export function host(): Host {
  if (made !== undefined) return made;
  const said = execFileSync(join(repoRoot, 'tools/setup/appliance'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [cache, root, oldest, newest, lint] = said.trim().split('\n').slice(-5) as [
    string,
    string,
    string,
    string,
    string,
  ];
  made = { cache, root, oldest, newest, lint };
  return made;
}

/** The single executable of tools/release, when it was built. */
export const executable = process.env['SKYDIVE_EXECUTABLE'] ?? join(repoRoot, 'dist/skydive');

export type Version = 'oldest' | 'newest';

export interface RunOptions {
  /** File below the site, or text of an inventory. */
  readonly inventory: string;
  readonly playbook?: string;
  readonly version?: Version;
  /** Run in this machine, as its root, instead of in the controller's namespace. */
  readonly on?: Machine;
  /** As `sudo` does it; only with `on`. */
  readonly sudo?: boolean;
  readonly args?: readonly string[];
}

/** Machines of one scenario, and the controller that deploys to them. */
export class Appliance {
  readonly folder: string;
  /** A clone as the operator has it: playbooks, roles, inventories, `dist/skydive`. */
  readonly site: string;
  readonly lan: Lan;
  readonly machines: Machine[] = [];
  readonly #host = host();

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `skydive-appliance-${name}-`));
    chmodSync(this.folder, 0o755);
    this.site = join(this.folder, 'site');
    makeSite(this.site);
    this.lan = new Lan(`${process.env['SKYDIVE_NETNS_PREFIX'] ?? 'sky'}-${name}`);
  }

  async machine(name: string): Promise<Machine> {
    const { namespace, address } = this.lan.join(this.machines.length + 1);
    const { root, oldest, newest } = this.#host;
    const machine = new Machine({
      name,
      namespace,
      address,
      root,
      folder: join(this.folder, name),
      binds: [`${this.site}:/srv/skydive`, dirname(oldest), dirname(newest), ...standInBinds(this.folder)],
    });
    this.machines.push(machine);
    await machine.boot();
    return machine;
  }

  /** Runs the playbook from the site. */
  async play(options: RunOptions): Promise<PlaybookRun> {
    const { inventory, playbook = 'playbook.yml', version = 'newest', on, sudo = false, args = [] } = options;
    const ansible = join(this.#host[version], 'ansible-playbook');
    const file = inventory.includes('\n') ? this.#write(inventory) : inventory;
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const environment = {
      ANSIBLE_DEPRECATION_WARNINGS: 'True',
      ANSIBLE_INJECT_FACT_VARS: 'False',
      ANSIBLE_PRIVATE_KEY_FILE: join(this.#host.cache, 'key'),
      ANSIBLE_SSH_ARGS:
        '-o ControlMaster=auto -o ControlPersist=20s -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR',
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(this.folder, 'cp'),
      ANSIBLE_NOCOLOR: '1',
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
    };
    const words = [ansible, '-i', file, playbook, ...args];
    const where =
      on === undefined
        ? [`--net=/run/netns/${this.lan.controller}`, ...words]
        : on.enter('/srv/skydive', sudo, words);
    return new Promise((resolve, reject) => {
      const child = spawn('nsenter', where, {
        cwd: this.site,
        env: { PATH: path, HOME: on === undefined ? this.folder : '/root', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      child.on('error', reject);
      child.on('close', (status) => resolve(new PlaybookRun(status ?? -1, output)));
    });
  }

  /** Runs the playbook and fails the test, with what it said, when it fails or warns. */
  async deploy(options: RunOptions): Promise<PlaybookRun> {
    const run = await this.play(options);
    assert.equal(run.status, 0, `${tail(run.output)}\n${this.#journals()}`);
    assert.deepEqual(run.warnings, []);
    return run;
  }

  async remove(): Promise<void> {
    for (const machine of this.machines.splice(0)) await machine.remove();
    this.lan.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(text: string): string {
    const path = join(this.site, 'inventory.test');
    writeFileSync(path, text);
    return basename(path);
  }

  #journals(): string {
    return this.machines
      .map(
        (machine) =>
          machine.run('journalctl -n 15 --no-pager -o cat -u skydive-analyzer -u skydive-agent').out,
      )
      .join('\n---\n');
  }
}

const tail = (text: string) => text.split('\n').slice(-60).join('\n');

function makeSite(site: string): void {
  mkdirSync(join(site, 'dist'), { recursive: true });
  for (const name of [
    'ansible',
    'inventory',
    'ansible.cfg',
    'playbook.yml',
    'playbook.yml.sample',
    'skydive-tripleo-inventory',
  ]) {
    cpSync(join(repoRoot, name), join(site, name), { recursive: true });
  }
  if (existsSync(executable)) cpSync(executable, join(site, 'dist/skydive'));
  else standIn(join(site, 'dist/skydive'));
}

/**
 * Before there is an executable: a script that runs the build of this clone with this host's node and libraries, which
 * the machines see read only. Never in CI.
 */
function standIn(path: string): void {
  assert.notEqual(process.env['CI'], 'true', `needs ${executable}: run tools/release`);
  const libraries = execFileSync(
    'sh',
    ['-c', `ldd ${join(repoRoot, 'build/Release/skydive.node')} | awk '$3 ~ /^\\// {print $3}'`],
    {
      encoding: 'utf8',
    },
  );
  const folder = join(dirname(path), '../../stand-in');
  mkdirSync(join(folder, 'lib'), { recursive: true });
  for (const library of libraries.trim().split('\n')) {
    if (/lib(c|m|pthread|dl|stdc\+\+|gcc_s)\.so/.test(library)) continue;
    cpSync(library, join(folder, 'lib', basename(library)), { dereference: true });
  }
  writeFileSync(
    path,
    `#!/bin/sh\nLD_LIBRARY_PATH=/srv/stand-in/lib exec /srv/node ${join('/srv/clone', 'dist/skydive.mjs')} "$@"\n`,
    { mode: 0o755 },
  );
}

function standInBinds(folder: string): string[] {
  if (existsSync(executable)) return [];
  return [
    `${join(folder, 'stand-in')}:/srv/stand-in`,
    `${process.execPath}:/srv/node`,
    `${repoRoot}:/srv/clone`,
  ];
}
