// SPDX-License-Identifier: Apache-2.0

import { readFileSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** A folder that may hold the folders of parts. */
export interface Place {
  readonly path: string;
  /** Users who may own it, what is in it and what it is in. */
  readonly trusted: ReadonlySet<number>;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return `Uid:\t${process.getuid?.()}\t${process.geteuid?.()}\n`;
  }
}

/**
 * Whether this process may do more than its user: it was started set-user-id, or from a file with capabilities, or a
 * service manager gave it some. What its user can write must not run in it then.
 */
export function hasMoreThanItsUser(status = ownStatus()): boolean {
  const ids = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status);
  if (ids?.[2] === '0') return ids[1] !== '0';
  if (ids === null || ids[1] !== ids[2]) return true;
  const permitted = /^CapPrm:\s+([0-9a-f]+)/m.exec(status)?.[1];
  return permitted === undefined || /[^0]/.test(permitted);
}

/**
 * Where the parts may be, best first: folders of root for all users, then one of the user's own. Never below /tmp, and
 * never below /var/lib/skydive, which belongs to the analyzer's user.
 */
export function places(env: NodeJS.ProcessEnv, home: string, uid: number, privileged: boolean): Place[] {
  const root = new Set([0]);
  const system = ['/usr/lib/skydive', '/var/lib/skydive-parts'].map((path) => ({ path, trusted: root }));
  if (privileged) return system;
  const trusted = new Set([0, uid]);
  const cache = env['XDG_CACHE_HOME'];
  const runtime = env['XDG_RUNTIME_DIR'];
  const own = [
    cache !== undefined && isAbsolute(cache) ? cache : isAbsolute(home) ? join(home, '.cache') : undefined,
    runtime !== undefined && isAbsolute(runtime) ? runtime : undefined,
  ].filter((path) => path !== undefined);
  return [...system, ...own.map((path) => ({ path: join(path, 'skydive'), trusted }))];
}

/** Why a file or folder is not safe from users who are not trusted; undefined when it is. `stat`: of it, no link followed. */
export function unsafe(path: string, stat: Stats, trusted: ReadonlySet<number>): string | undefined {
  const { uid, mode } = stat;
  if (!trusted.has(uid)) return `${path} belongs to user ${uid}`;
  if ((mode & 0o022) !== 0)
    return `others than its owner may write to ${path} (mode ${(mode & 0o7777).toString(8)})`;
  return undefined;
}
