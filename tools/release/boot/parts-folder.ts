// SPDX-License-Identifier: Apache-2.0

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Part, PartList } from './part.js';
import { type Place, unsafe } from './place.js';

export interface Found {
  /** Without links on the way. */
  readonly folder: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/**
 * The folder with the parts, named by their hash: the one that is there already and is whole and safe, else a new one
 * in the first place that takes it. `bytes` gives the contents of all parts, one after the other; it is called when a
 * folder has to be made. Throws with what is wrong with each place.
 */
export function partsFolder(list: PartList, bytes: () => Uint8Array, places: readonly Place[]): Found {
  for (const place of places) {
    if (!exists(join(place.path, list.hash))) continue;
    const folder = join(realpathSync(place.path), list.hash);
    if (wrongWith(folder, list, place) === undefined) return { folder, made: false };
  }
  const reasons: string[] = [];
  for (const place of places) {
    const reason = make(list, bytes, place);
    if (reason === undefined) return { folder: join(realpathSync(place.path), list.hash), made: true };
    reasons.push(reason);
  }
  throw new Error(`no place for the native parts of this program:\n  ${reasons.join('\n  ')}`);
}

/** The folders that the parts are in, each before those in it. */
function foldersOf(list: PartList): string[] {
  const folders = new Set<string>();
  for (const part of list.parts) {
    for (let folder = dirname(part.path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].sort();
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Why the parts in the folder must not be used; undefined when nothing is wrong with them. */
export function wrongWith(folder: string, list: PartList, place: Place): string | undefined {
  try {
    const open = unsafeWay(dirname(folder), place);
    if (open !== undefined) return open;
    for (const name of ['.', ...foldersOf(list)]) {
      const path = join(folder, name);
      const stat = lstatSync(path);
      if (!stat.isDirectory()) return `${path} is not a folder`;
      const reason = unsafe(path, stat, place.trusted);
      if (reason !== undefined) return reason;
    }
    const sealed = seal(list);
    for (const part of list.parts) {
      const reason = wrongPart(join(folder, part.path), part, sealed, place);
      if (reason !== undefined) return reason;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why someone not trusted could put another folder into the place of this one. */
function unsafeWay(start: string, place: Place): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const reason = unsafe(folder, lstatSync(folder), place.trusted);
    if (reason !== undefined) return reason;
    if (folder === dirname(folder)) return undefined;
  }
}

function wrongPart(path: string, part: Part, sealed: number, place: Place): string | undefined {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size !== part.size || Math.floor(stat.mtimeMs / 1000) !== sealed) {
    return `${path} is not the file that was put there`;
  }
  const reason = unsafe(path, stat, place.trusted);
  if (reason !== undefined || (part.mode & 0o111) === 0) return reason;
  try {
    // Refused on a file system mounted noexec, where the file cannot be loaded either.
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return `${path} cannot be executed: is its file system mounted noexec?`;
  }
}

/**
 * The time of change, in seconds, that all parts get: whoever changes a file later, changes its time. Strangers are kept
 * out by owner and mode; this finds what a slip of the hand did, and costs no reading of the files at each start.
 */
function seal(list: PartList): number {
  return 1_000_000_000 + Number.parseInt(list.hash.slice(0, 7), 16);
}

/** Puts the parts into the place; why that is not possible, or undefined when they are there. */
function make(list: PartList, bytes: () => Uint8Array, place: Place): string | undefined {
  let fresh: string | undefined;
  try {
    if (!exists(place.path)) makePlace(place.path);
    const parent = realpathSync(place.path);
    const open = unsafeWay(parent, place);
    if (open !== undefined) return open;
    fresh = join(parent, `.new-${process.pid}-${process.hrtime.bigint()}`);
    writeParts(fresh, list, bytes());
    return moveTo(fresh, join(parent, list.hash), list, place);
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (fresh !== undefined) rmSync(fresh, { recursive: true, force: true });
  }
}

/** Makes a folder that all may read, whatever the umask, and what it is in. */
function makePlace(path: string): void {
  if (!exists(dirname(path))) makePlace(dirname(path));
  try {
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Writes the parts to a new folder and waits until they are on the disk. */
function writeParts(folder: string, list: PartList, bytes: Uint8Array): void {
  mkdirSync(folder, { mode: 0o700 });
  for (const name of foldersOf(list)) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  const sealed = seal(list);
  let offset = 0;
  for (const part of list.parts) {
    const file = openSync(join(folder, part.path), 'wx', 0o600);
    try {
      const end = offset + part.size;
      while (offset < end) offset += writeSync(file, bytes, offset, end - offset);
      fchmodSync(file, part.mode);
      futimesSync(file, sealed, sealed);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  chmodSync(folder, 0o755);
}

/**
 * Gives the new folder its name. Another process may have been faster, then its folder is used; a folder of that name
 * that is not right makes way.
 */
function moveTo(fresh: string, folder: string, list: PartList, place: Place): string | undefined {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      renameSync(fresh, folder);
      return wrongWith(folder, list, place);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    }
    if (wrongWith(folder, list, place) === undefined) return undefined;
    const aside = `${fresh}-aside`;
    renameSync(folder, aside);
    // What another process has mended meanwhile goes back.
    if (wrongWith(aside, list, place) === undefined) {
      renameSync(aside, folder);
      return undefined;
    }
    rmSync(aside, { recursive: true, force: true });
  }
  return `${folder} keeps changing`;
}
