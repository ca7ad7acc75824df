// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import type { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);

/** What nfdump prints of a record. */
export interface Collected {
  readonly proto: number;
  readonly src4_addr?: string;
  readonly dst4_addr?: string;
  readonly src6_addr?: string;
  readonly dst6_addr?: string;
  readonly src_port?: number;
  readonly dst_port?: number;
  readonly in_packets: number;
  readonly in_bytes: number;
  readonly first: string;
  readonly last: string;
}

/** The collector of nfdump, in a namespace or in this process's own. */
export class Nfcapd {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nfcapd-'));
  readonly #inside: readonly string[];
  readonly #port: number;
  readonly #child: ChildProcess;
  said = '';

  private constructor(port: number, address: string, space?: ScratchNamespace) {
    this.#port = port;
    this.#inside = space === undefined ? [] : ['ip', 'netns', 'exec', space.name];
    const [program, ...words] = this.#words('nfcapd', '-w', this.#folder, '-p', String(port), '-b', address);
    this.#child = spawn(program!, [...words, '-t', '3600']);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream!.on('data', (text) => {
        this.said += String(text);
      });
    }
  }

  /** Resolves when it listens. */
  static async start(
    t: TestContext,
    port: number,
    address = '127.0.0.1',
    space?: ScratchNamespace,
  ): Promise<Nfcapd> {
    const collector = new Nfcapd(port, address, space);
    t.after(() => {
      collector.#child.kill('SIGKILL');
      rmSync(collector.#folder, { recursive: true });
    });
    await eventually(async () => assert.equal(await collector.#unread(), 0, collector.said));
    return collector;
  }

  /** Ends it: what it has collected. */
  async records(): Promise<Collected[]> {
    // It reads nothing more once it is told to end.
    await eventually(async () => assert.equal(await this.#unread(), 0));
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    assert.ok(readdirSync(this.#folder).length > 0, this.said);
    const { stdout } = await run('nfdump', ['-R', this.#folder, '-o', 'json'], { maxBuffer: 64 << 20 });
    return JSON.parse(stdout) as Collected[];
  }

  #words(...words: string[]): string[] {
    return [...this.#inside, ...words];
  }

  /** Bytes that it has not read; not a number before it listens. */
  async #unread(): Promise<number> {
    const [program, ...words] = this.#words('ss', '-Hlnu', `sport = :${this.#port}`);
    const { stdout } = await run(program!, words);
    return Number.parseInt(stdout.trim().split(/\s+/)[1] ?? '', 10);
  }
}
