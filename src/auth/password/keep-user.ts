// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { messageOf, SkydiveError } from '../../errors.js';
import { parseHtpasswd } from './htpasswd.js';
import { verifyPassword } from './verify.js';

/** What bcrypt looks at, bytes. */
const maxPassword = 72;

/**
 * Sees that an htpasswd file lets a user in with a password: nothing is written when it does, else the user's line is
 * replaced or added (bcrypt) and the rest stays. The file is replaced at once, with the owner and mode it had; a new one
 * is for its owner and group (0640). Throws SKY_E_BAD_REQUEST for names and passwords that such a file cannot hold.
 */
export async function keepUser(
  path: string,
  user: string,
  password: string,
): Promise<'added' | 'changed' | 'unchanged'> {
  if (!/^[^:#\s][^:\r\n]*$/.test(user)) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `"${user}" is no user name for a password file`);
  }
  if (password === '' || Buffer.byteLength(password) > maxPassword) {
    throw new SkydiveError(
      'SKY_E_BAD_REQUEST',
      `the password of ${user} must have 1 to ${maxPassword} bytes`,
    );
  }
  const before = present(path);
  const hash = parseHtpasswd(before?.text ?? '').get(user);
  const { hash: bcrypt } = await import('bcryptjs');
  // The library's own format: prefix, cost and salt are the first 29 characters.
  const likewise = (text: string, setting: string) => bcrypt(text, setting.slice(0, 29)).catch(() => '');
  if (hash !== undefined && (await verifyPassword(password, hash, likewise))) return 'unchanged';
  const line = `${user}:${await bcrypt(password, 10)}`;
  const others = (before?.text ?? '')
    .split('\n')
    .filter((other) => other !== '' && other.trim().split(':')[0] !== user);
  replace(before?.path ?? path, `${[...others, line].join('\n')}\n`, before?.stat);
  return hash === undefined ? 'added' : 'changed';
}

function present(path: string): { path: string; text: string; stat: Stats } | undefined {
  try {
    const real = realpathSync(path);
    return { path: real, text: readFileSync(real, 'utf8'), stat: statSync(real) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SkydiveError('SKY_E_CONFIG', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function replace(path: string, text: string, like: Stats | undefined): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(file, text);
      if (like !== undefined) fchownSync(file, like.uid, like.gid);
      fchmodSync(file, (like?.mode ?? 0o640) & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new SkydiveError('SKY_E_CONFIG', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
