// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { forgetOthers } from './forget-others.js';
import type { PartList } from './part.js';
import { partsFolder } from './parts-folder.js';
import type { Place } from './place.js';

const contents = [
  { path: 'a.node', text: 'machine code', mode: 0o755 },
  { path: 'chunks/deep/b.mjs', text: 'b', mode: 0o644 },
  { path: 'c.mjs', text: '', mode: 0o644 },
];
const list: PartList = {
  hash: '0123456789abcdef0123456789abcdef',
  parts: contents.map(({ path, text, mode }) => ({ path, size: text.length, mode })),
};
const bytes = () => new TextEncoder().encode(contents.map(({ text }) => text).join(''));
const uid = process.getuid!();

/** A folder that only this user may write, as is what it is in: nothing below /tmp is. */
function newPlace(t: TestContext): Place & { readonly base: string } {
  const base = mkdtempSync(join(homedir(), '.skydive-test-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  return { base, path: join(base, 'lib/skydive'), trusted: new Set([0, uid]) };
}

function never(): Uint8Array {
  throw new Error('the parts were there');
}

test('the parts are written once, readable by all and writable by their owner only', (t) => {
  const place = newPlace(t);
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const { folder, made } = partsFolder(list, bytes, [place]);
  assert.equal(made, true);
  assert.equal(folder, join(place.path, list.hash));
  for (const { path, text, mode } of contents) {
    assert.equal(readFileSync(join(folder, path), 'utf8'), text);
    assert.equal(statSync(join(folder, path)).mode & 0o7777, mode, path);
  }
  for (const path of [place.path, folder, join(folder, 'chunks'), join(folder, 'chunks/deep')]) {
    assert.equal(statSync(path).mode & 0o7777, 0o755, path);
  }
  assert.deepEqual(readdirSync(place.path), [list.hash]);
  assert.deepEqual(partsFolder(list, never, [place]), { folder, made: false });
});

const damages: readonly [string, (folder: string) => void][] = [
  [
    'a file of the same length was changed',
    (folder) => writeFileSync(join(folder, 'a.node'), 'MACHINE CODE'),
  ],
  ['a file is longer', (folder) => writeFileSync(join(folder, 'c.mjs'), 'x')],
  ['a file is missing', (folder) => rmSync(join(folder, 'chunks/deep/b.mjs'))],
  ['others may write to a file', (folder) => chmodSync(join(folder, 'a.node'), 0o777)],
  ['others may write to a folder of it', (folder) => chmodSync(join(folder, 'chunks'), 0o775)],
  ['others may write to it', (folder) => chmodSync(folder, 0o757)],
  ['a file cannot be executed', (folder) => chmodSync(join(folder, 'a.node'), 0o644)],
  [
    'a file is a link to a right one',
    (folder) => {
      const path = join(folder, 'a.node');
      const { mtime } = statSync(path);
      writeFileSync(`${folder}-a`, 'machine code');
      rmSync(path);
      symlinkSync(`${folder}-a`, path);
      lutimesSync(path, mtime, mtime);
    },
  ],
  [
    'it is a file',
    (folder) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
    },
  ],
  [
    'it is a link',
    (folder) => {
      rmSync(folder, { recursive: true });
      symlinkSync('/', folder);
    },
  ],
];
for (const [what, damage] of damages) {
  test(`the parts are made again when ${what}`, (t) => {
    const place = newPlace(t);
    const { folder } = partsFolder(list, bytes, [place]);
    damage(folder);
    assert.equal(partsFolder(list, bytes, [place]).made, true);
    assert.equal(readFileSync(join(folder, 'a.node'), 'utf8'), 'machine code');
    assert.ok(statSync(folder).isDirectory());
    assert.deepEqual(partsFolder(list, never, [place]), { folder, made: false });
  });
}

test('a place in which others may write is passed over for the next one', (t) => {
  const open = newPlace(t);
  const next = newPlace(t);
  mkdirSync(open.path, { recursive: true });
  chmodSync(open.base, 0o777);
  const { folder } = partsFolder(list, bytes, [open, next]);
  assert.equal(folder, join(next.path, list.hash));
  assert.deepEqual(readdirSync(open.path), []);
});

test('parts in a place that others may write to since are not used', (t) => {
  const place = newPlace(t);
  partsFolder(list, bytes, [place]);
  chmodSync(join(place.base, 'lib'), 0o777);
  assert.throws(
    () => partsFolder(list, bytes, [place]),
    /no place for the native parts.*\n.*others than its owner may write to .*lib \(mode 777\)/,
  );
});

test('what belongs to another user is not used', (t) => {
  const place = newPlace(t);
  partsFolder(list, bytes, [place]);
  const stranger = { ...place, trusted: new Set([uid + 1]) };
  assert.throws(() => partsFolder(list, bytes, [stranger]), new RegExp(`belongs to user ${uid}`));
});

test('a link on the way is followed once, and what it leads to is judged', (t) => {
  const place = newPlace(t);
  const real = newPlace(t);
  mkdirSync(real.path, { recursive: true });
  mkdirSync(join(place.base, 'lib'));
  symlinkSync(real.path, place.path);
  assert.equal(partsFolder(list, bytes, [place]).folder, join(real.path, list.hash));
  chmodSync(real.base, 0o777);
  assert.throws(() => partsFolder(list, bytes, [place]), /others than its owner may write/);
});

test('what cannot be written leaves nothing behind, and says why', (t) => {
  const place = newPlace(t);
  const failing = () => {
    throw new Error('the parts cannot be read');
  };
  assert.throws(() => partsFolder(list, failing, [place]), /the parts cannot be read/);
  assert.deepEqual(readdirSync(place.path), []);
});

test('parts of other versions are forgotten when they are old and in no process', (t) => {
  const place = newPlace(t);
  const { folder } = partsFolder(list, bytes, [place]);
  const names = {
    old: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    used: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    foreign: 'node',
    interrupted: '.new-12-345',
  };
  for (const name of Object.values(names)) mkdirSync(join(place.path, name));
  const maps = `7f00-7f01 r-xp 0 08:01 5 ${join(place.path, names.used)}/skydive.node`;
  const left = () => readdirSync(place.path).sort();
  forgetOthers(folder, Date.now(), maps);
  assert.deepEqual(left(), [list.hash, ...Object.values(names)].sort(), 'nothing is old yet');
  forgetOthers(folder, Date.now() + 3_700_000, undefined);
  assert.deepEqual(left(), [list.hash, ...Object.values(names)].sort(), 'what runs is not known');
  forgetOthers(folder, Date.now() + 3_700_000, maps);
  assert.deepEqual(left(), [list.hash, names.used, names.foreign].sort());
  assert.ok(existsSync(join(folder, 'a.node')));
});
