// SPDX-License-Identifier: Apache-2.0

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
let count = 0;

/** Why tests that make network namespaces cannot run here, undefined when they can. */
export function namespacesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'root, to make network namespaces';
  const tool = ['/sbin/ip', '/usr/sbin/ip', '/bin/ip', '/usr/bin/ip'].find((path) => existsSync(path));
  return tool === undefined ? 'ip of iproute2' : undefined;
}

/** A network namespace that a test owns; `remove` takes it away with all that is in it. */
export class ScratchNamespace {
  readonly name: string;

  constructor(prefix = 'kern') {
    this.name = `${prefix}${process.pid}x${++count}`;
    execFileSync('ip', ['netns', 'add', this.name]);
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** Runs `ip -n <name> …`; throws what `ip` says. */
  async ip(...words: string[]): Promise<string> {
    return (await run('ip', ['-n', this.name, ...words], { maxBuffer: 1 << 28 })).stdout;
  }

  /** As `ip`, words given as one text. */
  async do(line: string): Promise<string> {
    return this.ip(...line.split(' '));
  }

  /** Many commands by one process; lines that fail are skipped. */
  batch(lines: readonly string[]): void {
    const { error } = spawnSync('ip', ['-n', this.name, '-force', '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    if (error !== undefined) throw error;
  }

  async json<T>(...words: string[]): Promise<T[]> {
    const text = (await this.ip('-j', ...words)).trim();
    return text === '' ? [] : (JSON.parse(text) as T[]);
  }

  async fdb<T>(): Promise<T[]> {
    const { stdout } = await run('bridge', ['-n', this.name, '-j', 'fdb'], { maxBuffer: 1 << 28 });
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[]);
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
