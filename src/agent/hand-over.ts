// SPDX-License-Identifier: Apache-2.0

import { chown, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SkydiveError } from '../errors.js';

/** A user that a child process runs as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** The user with that id and its primary group; a group of the same number for a user that has no account. */
export async function identityOf(uid: number): Promise<Identity> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const line of accounts.split('\n')) {
    const fields = line.split(':');
    if (Number(fields[2]) === uid && fields.length > 3) return { uid, gid: Number(fields[3]) };
  }
  return { uid, gid: uid };
}

/**
 * Makes the folder and gives it, with all that is in it, to a user, unless it is the user's already. Throws SKY_E_STORE
 * when the user cannot get there; `key` is what sets the folder.
 */
export async function handOver(folder: string, key: string, { uid, gid }: Identity): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let above = dirname(resolve(folder)); above !== dirname(above); above = dirname(above)) {
    const { mode, uid: owner, gid: group } = await stat(above);
    const mayPass = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & mayPass) === 0) {
      throw new SkydiveError(
        'SKY_E_STORE',
        `user ${uid} cannot reach ${folder} (${key}), ${above} is closed to it: chmod o+x ${above}, or set ${key} to another folder`,
      );
    }
  }
  if ((await stat(folder)).uid === uid) return;
  for (const entry of await readdir(folder, { recursive: true })) await chown(join(folder, entry), uid, gid);
  await chown(folder, uid, gid);
}
