// SPDX-License-Identifier: Apache-2.0

import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What tells network namespaces apart, whatever path leads to them. */
export interface NamespaceIdentity {
  readonly device: number;
  readonly inode: number;
}

export function sameIdentity(a: NamespaceIdentity, b: NamespaceIdentity): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/**
 * The namespace behind a path, undefined when there is none: no such file, or a plain one (nothing is mounted on it
 * yet). A namespace lies on another device than the folder that it is seen in. Synchronous: these files are never on
 * a disk, and asking for hundreds of them each second must cost nothing.
 */
export function identityOf(path: string): NamespaceIdentity | undefined {
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    const folder = statSync(dirname(path), { throwIfNoEntry: false });
    if (file === undefined || folder === undefined || file.dev === folder.dev) return undefined;
    return { device: file.dev, inode: file.ino };
  } catch {
    // Its process ended while it was looked at (ESRCH), or it may not be seen (EACCES).
    return undefined;
  }
}
