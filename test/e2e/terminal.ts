// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Whether `script` (util-linux) can make pseudo-terminals here; where it has to, its absence fails the test. */
export async function terminalOrSkip(t: TestContext): Promise<boolean> {
  const probe = spawn('script', ['--version'], { stdio: 'ignore' });
  const works = await new Promise((resolve) => {
    probe.on('error', () => resolve(false)).on('close', (code) => resolve(code === 0));
  });
  if (works === true) return true;
  if (process.env['CI'] === 'true') throw new Error('needs script of util-linux (package bsdutils)');
  t.skip('needs script of util-linux (package bsdutils)');
  return false;
}

// What moves the cursor, and the start of it: as texts, for a control character is none of a pattern's own.
const escapes = new RegExp(`${'\u001b'}\\[[0-9;?]*[A-Za-z]`, 'g');
const beginning = new RegExp(`${'\u001b'}(\\[[0-9;?]*)?$`);

/** A command on a pseudo-terminal: types keys and waits for what it shows. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #shown = '';
  #at = 0;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    // -e: the status of the command; -f: nothing is held back.
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdin!.on('error', () => {});
    let raw = '';
    this.#child.stdout!.on('data', (data) => {
      raw += data;
      // Where the cursor is moved to is left out, also when it has not come whole.
      this.#shown = raw.replace(escapes, '').replace(beginning, '');
    });
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  /** Waits until what was shown since the last wait matches; gives all of it up to the end of the match. */
  async shows(pattern: RegExp, deadlineMs = 10_000): Promise<string> {
    const end = Date.now() + deadlineMs;
    for (;;) {
      const since = this.#shown.slice(this.#at);
      const found = pattern.exec(since);
      if (found !== null) {
        const matched = since.slice(0, found.index + found[0].length);
        this.#at += matched.length;
        return matched;
      }
      if (Date.now() > end) throw new Error(`${pattern} was not shown, but ${JSON.stringify(since)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits for the end of the command; gives its exit status. */
  async ends(): Promise<number | null> {
    const [code] = (await this.#closed) as [number | null];
    return code;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
