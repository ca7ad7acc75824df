// SPDX-License-Identifier: Apache-2.0

import { lstatSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Lines that are kept. */
export const historyLines = 1000;

/** `.skydive_history` in the home of the user, by the name the program was called by. */
export function defaultHistoryFile(program: string | undefined, env: NodeJS.ProcessEnv): string {
  const name = basename(program ?? '').replace(/\.mjs$/, '') || 'skydive';
  return join(env['HOME'] || homedir(), `.${name}_history`);
}

/** The lines of the file, the newest first; none when there is no file yet. Throws when it cannot be read. */
export async function loadHistory(file: string): Promise<string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
    return lines.slice(-historyLines).reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Writes the lines, of which the newest comes first, for this user only. The file is replaced as a whole: whoever ends
 * this process at any time leaves the old lines or the new ones.
 */
export function saveHistory(file: string, newestFirst: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  const text = newestFirst
    .slice(0, historyLines)
    .reverse()
    .map((line) => `${line}\n`)
    .join('');
  const target = targetOf(file);
  if (target === undefined) {
    writeFileSync(file, text, { mode: 0o600 });
    return;
  }
  const next = `${target}.${process.pid}`;
  try {
    writeFileSync(next, text, { mode: 0o600 });
    renameSync(next, target);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** What a link leads to is replaced, not the link; undefined for what is not replaced (`/dev/null`). */
function targetOf(file: string): string | undefined {
  try {
    const target = realpathSync(file);
    const found = lstatSync(target);
    return found.isFile() || found.isDirectory() ? target : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return file;
    throw error;
  }
}

/** Puts the lines of a statement, newest first in the history, together as one. */
export function joinLines(newestFirst: string[], lines: readonly string[]): void {
  if (lines.length < 2) return;
  for (const line of [...lines].reverse()) {
    const at = newestFirst.indexOf(line);
    if (at >= 0) newestFirst.splice(at, 1);
  }
  newestFirst.unshift(lines.map((line) => line.trim()).join(' '));
}
