// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../netns/eventually.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { Host, type Service } from './allinone-fixture.js';
import { type Answered, type Asked, Requester } from './requester.js';

const run = promisify(execFile);
/** Processes take their time to start on a busy machine. */
const startMs = 30_000;

export interface ShownCapture {
  readonly ID: string;
  readonly State: string;
  readonly PacketsReceived: number;
  readonly PacketsDropped: number;
  readonly [member: string]: unknown;
}

/** A host with an analyzer, an agent, and `va` (10.9.0.1), whose other end (10.9.0.2) is on a host of its own. */
export class CapturedHost {
  readonly host: Host;
  readonly far = new ScratchNamespace('capture');
  readonly requester: Requester;
  readonly #bound: ScratchNamespace[] = [];
  analyzer!: Service;
  agent!: Service;

  private constructor(host: Host) {
    this.host = host;
    this.requester = new Requester(host.network);
  }

  static async up(t: TestContext, environment: Readonly<Record<string, string>> = {}): Promise<CapturedHost> {
    const host = new Host('host1', {
      SKYDIVE_ANALYZERS: '127.0.0.1:8082',
      SKYDIVE_AGENT_CAPTURE_RING_SIZE: '1MiB',
      ...environment,
    });
    const made = new CapturedHost(host);
    t.after(() => {
      made.requester.end();
      for (const namespace of made.#bound) {
        execFileSync('umount', [made.#pathOf(namespace)]);
        namespace.remove();
      }
      made.far.remove();
      host.remove();
    });
    await host.up();
    await made.link('va', 9);
    return made;
  }

  /** Makes a veth pair: `name` with 10.<net>.0.1, and its other end with 10.<net>.0.2. */
  async link(name: string, net: number): Promise<void> {
    const near = this.host.network;
    await near.do(`link add ${name} type veth peer name ${name}-far netns ${this.far.name}`);
    for (const [space, link, last] of [
      [near, name, 1],
      [this.far, `${name}-far`, 2],
    ] as const) {
      // What the kernel sends by itself would be counted at any time.
      const quiet = `net.ipv6.conf.${link}.disable_ipv6=1`;
      await run('ip', ['netns', 'exec', space.name, 'sysctl', '-q', quiet]);
      await space.do(`addr add 10.${net}.0.${last}/24 dev ${link}`);
      await space.do(`link set ${link} up`);
    }
    // Until the kernel has noticed that both ends are up it throws away what is sent.
    await eventually(async () => {
      const [link] = await near.json<{ operstate: string }>('link', 'show', name);
      assert.equal(link!.operstate, 'UP');
    });
  }

  async start(): Promise<void> {
    await this.startAnalyzer();
    await this.startAgent();
  }

  async startAnalyzer(): Promise<void> {
    this.analyzer = this.host.start('analyzer');
    await eventually(
      async () => assert.equal((await this.ask('/api/status')).status, 200, this.analyzer.log),
      startMs,
    );
  }

  /** Resolves when the analyzer has the agent's `va`. */
  async startAgent(): Promise<void> {
    this.agent = this.host.start('agent');
    await eventually(
      async () =>
        assert.ok((await this.node('va'))?.Metadata['TID'], `${this.agent.log}${this.analyzer.log}`),
      startMs,
    );
  }

  ask(path: string, asked?: Asked): Promise<Answered> {
    return this.requester.ask(`http://127.0.0.1:8082${path}`, asked);
  }

  /** The answer as JSON; fails with what was said instead. */
  async json<T>(status: number, path: string, asked?: Asked): Promise<T> {
    const answer = await this.ask(path, asked);
    assert.equal(answer.status, status, answer.text);
    return JSON.parse(answer.text) as T;
  }

  /** Makes a capture and gives its UUID. */
  async create(body: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const asked = { method: 'POST', body, headers };
    return (await this.json<{ UUID: string }>(201, '/api/capture', asked)).UUID;
  }

  async delete(uuid: string): Promise<void> {
    const { status, text } = await this.ask(`/api/capture/${uuid}`, { method: 'DELETE' });
    assert.equal(status, 200, text);
  }

  query<T>(gremlin: string): Promise<T> {
    return this.json<T>(200, '/api/topology', { method: 'POST', body: { GremlinQuery: gremlin } });
  }

  async node(name: string): Promise<{ Metadata: Record<string, unknown> } | undefined> {
    const query = `G.V().Has('Name', '${name}', 'Type', 'veth')`;
    return (await this.query<{ Metadata: Record<string, unknown> }[]>(query))[0];
  }

  /** What a node shows of its captures. */
  async captures(name = 'va'): Promise<readonly ShownCapture[]> {
    return ((await this.node(name))?.Metadata['Captures'] ?? []) as readonly ShownCapture[];
  }

  /** Resolves when the node shows just these captures as active. */
  async active(uuids: readonly string[], name = 'va', deadlineMs = 15_000): Promise<void> {
    await eventually(async () => {
      const shown = (await this.captures(name)).map(({ ID, State }) => `${ID} ${State}`);
      const wanted = uuids.map((uuid) => `${uuid} active`);
      assert.deepEqual(shown.sort(), wanted.sort(), `${this.agent.log}${this.analyzer.log}`);
    }, deadlineMs);
  }

  /** What the kernel counts on an interface, both ways. */
  async traffic(name = 'va'): Promise<{ readonly packets: number; readonly bytes: number }> {
    type Link = { stats64: Record<'rx' | 'tx', { packets: number; bytes: number }> };
    const [link] = await this.host.network.json<Link>('-s', 'link', 'show', name);
    const { rx, tx } = link!.stats64;
    return { packets: rx.packets + tx.packets, bytes: rx.bytes + tx.bytes };
  }

  async packets(name = 'va'): Promise<number> {
    return (await this.traffic(name)).packets;
  }

  async ping(count: number, address = '10.9.0.2', from: ScratchNamespace = this.host.network): Promise<void> {
    const ping = ['ping', '-q', '-c', String(count), '-i', '0.01', address];
    await run('ip', ['netns', 'exec', from.name, ...ping]);
  }

  /** A namespace that the host's agent finds. */
  bindNamespace(): ScratchNamespace {
    const namespace = new ScratchNamespace('capture');
    const path = this.#pathOf(namespace);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    execFileSync('mount', ['--bind', namespace.path, path]);
    this.#bound.push(namespace);
    return namespace;
  }

  #pathOf({ name }: ScratchNamespace): string {
    return join(this.host.runPath, name);
  }
}
