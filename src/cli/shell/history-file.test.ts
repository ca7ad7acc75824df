// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defaultHistoryFile, historyLines, joinLines, loadHistory, saveHistory } from './history-file.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('the file is named after the executable and lies in the home of the user', () => {
  const env = { HOME: '/home/u' };
  assert.equal(defaultHistoryFile('/usr/bin/skydive', env), '/home/u/.skydive_history');
  assert.equal(defaultHistoryFile('/usr/bin/skydive-cli', env), '/home/u/.skydive-cli_history');
  assert.equal(defaultHistoryFile('/usr/lib/skydive/skydive.mjs', env), '/home/u/.skydive_history');
  assert.equal(defaultHistoryFile(undefined, env), '/home/u/.skydive_history');
});

test('a missing file is an empty history, an unreadable one an error', async () => {
  assert.deepEqual(await loadHistory(join(folder, 'none')), []);
  await assert.rejects(loadHistory(folder), { code: 'EISDIR' });
});

test('what was saved is loaded, oldest first in the file, newest first in memory', async () => {
  const file = join(folder, 'new/deep/history');
  saveHistory(file, ['G.E()', 'G.V()']);
  assert.equal(await readFile(file, 'utf8'), 'G.V()\nG.E()\n');
  assert.deepEqual(await loadHistory(file), ['G.E()', 'G.V()']);
});

test('folders that had to be made are 0750, the file is for its owner', async () => {
  const file = join(folder, 'modes/history');
  saveHistory(file, ['G']);
  const umask = process.umask();
  assert.equal((await stat(join(folder, 'modes'))).mode & 0o777, 0o750 & ~umask);
  assert.equal((await stat(file)).mode & 0o777, 0o600 & ~umask);
});

test('the file is replaced as a whole: who has it open reads what it was, and nothing else stays', async () => {
  const file = join(folder, 'whole/history');
  saveHistory(file, ['old']);
  const before = await stat(file);
  saveHistory(file, ['new', 'old']);
  assert.notEqual((await stat(file)).ino, before.ino);
  assert.deepEqual(await readdir(join(folder, 'whole')), ['history']);
  assert.throws(() => saveHistory(join(folder, 'whole'), ['x']), { code: 'EISDIR' });
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('whole')),
    ['whole'],
  );
});

test('a link to the file stays one, and a device is written to, not replaced', async () => {
  const [file, link] = [join(folder, 'linked'), join(folder, 'link')];
  await writeFile(file, '');
  await symlink(file, link);
  saveHistory(link, ['G']);
  assert.equal(await readFile(file, 'utf8'), 'G\n');
  assert.ok((await lstat(link)).isSymbolicLink());
  const device = join(folder, 'device');
  await symlink('/dev/null', device);
  saveHistory(device, ['G']);
  assert.ok((await stat('/dev/null')).isCharacterDevice());
});

test('only the newest lines are loaded and saved', async () => {
  const file = join(folder, 'long');
  const lines = Array.from({ length: historyLines + 5 }, (_, index) => `G.V("${index}")`);
  await writeFile(file, `${lines.join('\n')}\n\n`);
  const loaded = await loadHistory(file);
  assert.equal(loaded.length, historyLines);
  assert.equal(loaded[0], lines.at(-1));
  saveHistory(file, ['G', ...loaded]);
  const saved = (await readFile(file, 'utf8')).split('\n');
  assert.equal(saved.length, historyLines + 1);
  assert.equal(saved.at(-2), 'G');
});

test('the lines of one statement become one', () => {
  const history = [')', '"Name", "a"', 'G.V().Has(', 'G.E()'];
  joinLines(history, ['G.V().Has(', '  "Name", "a"', ')']);
  // A line that is not found (it was typed with other blanks) stays; nothing is lost.
  assert.deepEqual(history, ['G.V().Has( "Name", "a" )', '"Name", "a"', 'G.E()']);
  const short = ['G'];
  joinLines(short, ['G']);
  assert.deepEqual(short, ['G']);
});
