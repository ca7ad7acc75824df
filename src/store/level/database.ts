// SPDX-License-Identifier: Apache-2.0

import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import { messageOf, SkydiveError } from '../../errors.js';

/** A Level store with text keys and values. */
export type Database = ClassicLevel<string, string>;

export interface Put {
  readonly type: 'put';
  readonly key: string;
  readonly value: string;
}

export interface DatabaseOptions {
  /** Named in errors: what users mend a folder's troubles with. */
  readonly configKey: string;
  /** Default true. */
  readonly createIfMissing?: boolean;
  readonly cacheSizeBytes?: number;
  readonly writeBufferSizeBytes?: number;
}

/** Makes the folder and checks that this process may write to it. */
export async function prepareFolder(folder: string, configKey: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SkydiveError(
      'SKY_E_STORE',
      `cannot write to the history folder ${folder} (${configKey}): ${messageOf(error)}; make it writable or set ${configKey} to another folder`,
      { cause: error },
    );
  }
}

/**
 * The folder is the service's alone; those above it that have to be made are open to pass through, also for another
 * user. Node's recursive mkdir answers ENOENT where the file system is read-only.
 */
async function makeFolder(folder: string, mode = 0o750): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder), 0o755);
    await mkdir(folder, { mode }).catch((again: NodeJS.ErrnoException) => {
      // Another process has made it meanwhile.
      if (again.code !== 'EEXIST') throw again;
    });
  }
}

/** Opens a store, made when missing. The Level library is loaded here, at first use. */
export async function openDatabase(folder: string, options: DatabaseOptions): Promise<Database> {
  const { ClassicLevel: Level } = await import('classic-level');
  const database: Database = new Level<string, string>(folder, {
    createIfMissing: options.createIfMissing ?? true,
    cacheSize: options.cacheSizeBytes ?? 2 * 1024 * 1024,
    writeBufferSize: options.writeBufferSizeBytes ?? 1024 * 1024,
  });
  try {
    await database.open();
    return database;
  } catch (error) {
    await database.close().catch(() => undefined);
    throw explain(folder, options.configKey, error);
  }
}

/** True for an open that failed because the content is damaged. */
export function isDamaged(error: unknown): boolean {
  return levelCode(error) === 'LEVEL_CORRUPTION';
}

function levelCode(error: unknown): unknown {
  let cause: unknown = error;
  let code: unknown;
  while (cause instanceof Error) {
    code = (cause as Error & { code?: unknown }).code ?? code;
    cause = cause.cause;
  }
  return code;
}

function explain(folder: string, configKey: string, error: unknown): SkydiveError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text =
    levelCode(error) === 'LEVEL_LOCKED'
      ? `the history folder ${folder} (${configKey}) is in use by another process; stop that one or set ${configKey} to another folder`
      : `cannot open the history in ${folder} (${configKey}): ${messageOf(cause)}; check the folder's permissions and free space, or set ${configKey} to another folder`;
  return new SkydiveError('SKY_E_STORE', text, { cause: error });
}
