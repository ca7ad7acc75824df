// SPDX-License-Identifier: Apache-2.0

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, SkydiveError } from '../../errors.js';

/**
 * Writes a file at once, or nothing. `mayReplace` is asked when it is there already. Throws SKY_E_CONFLICT when it may
 * not, SKY_E_STORE when it cannot be written.
 */
export async function writeWhole(
  path: string,
  text: string,
  mode: number,
  mayReplace: () => Promise<boolean>,
): Promise<void> {
  const replace = existsSync(path);
  if (replace && !(await mayReplace())) throw there(path);
  const fresh = `${path}.new-${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const file = openSync(fresh, 'wx', mode);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // A link is refused where a file has come meanwhile, which nobody agreed to replace.
    if (replace) renameSync(fresh, path);
    else linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw there(path);
    throw new SkydiveError('SKY_E_STORE', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    rmSync(fresh, { force: true });
  }
}

function there(path: string): SkydiveError {
  return new SkydiveError(
    'SKY_E_CONFLICT',
    `${path} is there already and stays as it is: --force replaces it`,
  );
}
