// SPDX-License-Identifier: Apache-2.0
// What the single executable runs first: it finds or makes the folder with its parts, and runs the program that it is
// called by the name of from there.

import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { getRawAsset } from 'node:sea';
import { forgetOthers } from './forget-others.js';
import type { PartList } from './part.js';
import { partsFolder } from './parts-folder.js';
import { hasMoreThanItsUser, places } from './place.js';

const programs = ['skydive', 'skydive-tripleo-inventory'];

/** Not copied: it lies in the executable. */
const asset = (name: string) => getRawAsset(name) as ArrayBuffer;

function home(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

function start(): void {
  const list = JSON.parse(Buffer.from(asset('list')).toString()) as PartList;
  const uid = process.geteuid?.() ?? 0;
  const { folder, made } = partsFolder(
    list,
    () => new Uint8Array(asset('parts')),
    places(process.env, home(), uid, hasMoreThanItsUser()),
  );
  if (made) forgetOthers(folder, Date.now());
  const called = basename(process.argv[1] ?? '').replace(/\.[^.]*$/, '');
  const program = programs.includes(called) ? called : 'skydive';
  createRequire(`${folder}/`)('./launch.cjs')(program);
}

try {
  start();
} catch (error) {
  process.stderr.write(`skydive: ${(error as Error).message}\n`);
  process.stderr.write('skydive: run it once as root, which makes them for all users\n');
  process.exitCode = 1;
}
