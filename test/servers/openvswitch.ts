// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import type { ScratchNamespace } from '../netns/scratch-namespace.js';
import { setUp } from './etcd.js';

const run = promisify(execFile);
const schema = '/usr/share/openvswitch/vswitch.ovsschema';

/** A row as `ovs-vsctl --format=json list` gives it. */
export type ListedRow = Readonly<Record<string, unknown>>;

/** False (and the test skipped) where there is no Open vSwitch, or no way to make network namespaces. */
export function requireOpenVSwitch(t: TestContext): boolean {
  if (!requireNamespaces(t)) return false;
  const missing = setUp('openvswitch');
  if (missing !== undefined) t.skip(missing);
  return missing === undefined;
}

/** A real Open vSwitch in a network namespace, with datapaths in user space. */
export class OpenVSwitch {
  readonly folder: string;
  readonly socket: string;
  readonly #namespace: ScratchNamespace;
  readonly #running = new Map<string, ChildProcess>();

  private constructor(namespace: ScratchNamespace, folder: string) {
    this.#namespace = namespace;
    this.folder = folder;
    this.socket = join(folder, 'db.sock');
  }

  /** `folder` is its own: it goes with it. */
  static async start(
    namespace: ScratchNamespace,
    folder = mkdtempSync(join(tmpdir(), 'skydive-ovs-')),
  ): Promise<OpenVSwitch> {
    const made = new OpenVSwitch(namespace, folder);
    execFileSync('ovsdb-tool', ['create', join(made.folder, 'conf.db'), schema]);
    await made.startDatabase();
    await made.vsctl('--no-wait', 'init');
    await made.startSwitch();
    return made;
  }

  async startDatabase(): Promise<void> {
    const [file, remote] = [join(this.folder, 'conf.db'), `--remote=punix:${this.socket}`];
    this.#spawn('ovsdb-server', file, remote, '--unixctl', join(this.folder, 'db.ctl'));
    await eventually(() => assert.ok(existsSync(this.socket)));
  }

  async startSwitch(): Promise<void> {
    this.#spawn('ovs-vswitchd', `unix:${this.socket}`, '--unixctl', join(this.folder, 'switch.ctl'));
    await eventually(() => assert.ok(existsSync(join(this.folder, 'switch.ctl'))));
  }

  async kill(name: 'ovsdb-server' | 'ovs-vswitchd'): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    if (name === 'ovsdb-server') rmSync(this.socket, { force: true });
    else rmSync(join(this.folder, 'switch.ctl'), { force: true });
  }

  /** Runs ovs-vsctl; throws what it says. Words of one text are split at spaces. */
  async vsctl(...words: string[]): Promise<string> {
    const split = words.length === 1 ? words[0]!.split(' ') : words;
    return (await run('ovs-vsctl', [`--db=unix:${this.socket}`, '--timeout=20', ...split])).stdout;
  }

  /** Adds a bridge with its datapath in user space. */
  async addBridge(name: string): Promise<void> {
    await this.vsctl(`add-br ${name} -- set bridge ${name} datapath_type=netdev`);
  }

  /** Adds a port that is one end of a veth pair; the other is `eth0` in a namespace, with this address. */
  async plug(bridge: string, port: string, space: ScratchNamespace, address: string): Promise<void> {
    await this.#namespace.do(`link add ${port} type veth peer name eth0 netns ${space.name}`);
    for (const [where, link] of [
      [this.#namespace, port],
      [space, 'eth0'],
    ] as const) {
      const inside = ['netns', 'exec', where.name];
      await run('ip', [...inside, 'sysctl', '-q', `net.ipv6.conf.${link}.disable_ipv6=1`]);
      // A datapath in user space takes packets as they are: whole, and with their checksums.
      await run('ip', [...inside, 'ethtool', '-K', link, 'tx', 'off', 'gso', 'off', 'gro', 'off']);
      await where.do(`link set ${link} up`);
    }
    await space.do(`addr add ${address} dev eth0`);
    await this.vsctl(`add-port ${bridge} ${port}`);
  }

  async list(table: string): Promise<ListedRow[]> {
    const text = await this.vsctl('--format=json', 'list', table);
    const { headings, data } = JSON.parse(text) as { headings: string[]; data: unknown[][] };
    return data.map((row) => Object.fromEntries(row.map((value, at) => [headings[at]!, value])));
  }

  async stop(): Promise<void> {
    await this.kill('ovs-vswitchd');
    await this.kill('ovsdb-server');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(name: string, ...args: string[]): void {
    const child = spawn('ip', ['netns', 'exec', this.#namespace.name, name, ...args], {
      stdio: 'ignore',
      env: { ...process.env, OVS_RUNDIR: this.folder, OVS_LOGDIR: this.folder },
    });
    this.#running.set(name, child);
  }
}
