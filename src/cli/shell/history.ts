// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const kept = 1000;

/** Lines of earlier shells, newest first; none when there is no file yet. */
export async function loadHistory(file: string): Promise<string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.slice(-kept).reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Keeps lines, given newest first, for later shells; oldest first in the file. */
export async function saveHistory(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  const text = lines
    .slice(0, kept)
    .map((line) => `${line}\n`)
    .reverse()
    .join('');
  await writeFile(file, text, { mode: 0o600 });
}
