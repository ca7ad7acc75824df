// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '../../..');
const { unmet } = (await import(pathToFileURL(join(root, 'tools/release/requirements.mjs')).href)) as {
  unmet: (path: string, beside: ReadonlySet<string>) => string[];
};

const folder = mkdtempSync(join(tmpdir(), 'skydive-requirements-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A library of one C function. */
function library(name: string, source: string, ...options: string[]): string {
  const path = join(folder, name);
  execFileSync('gcc', ['-shared', '-fPIC', '-x', 'c', '-', '-x', 'none', '-o', path, ...options], {
    input: source,
  });
  return path;
}

test('a library that only needs an old glibc runs everywhere', () => {
  const path = library('old.so', '#include <stdlib.h>\nvoid *make(void) { return malloc(1); }');
  assert.deepEqual(unmet(path, new Set()), []);
});

test('a symbol newer than glibc 2.34 is named', () => {
  const path = library('new.so', '#include <stdlib.h>\nunsigned any(void) { return arc4random(); }');
  assert.deepEqual(unmet(path, new Set()), [`${path} uses GLIBC_2.36, newer than 2.34`]);
});

test('a library that hosts need not have is named, unless it is brought along', () => {
  library('libother.so', 'int other(void) { return 1; }', '-Wl,-soname,libother.so.1');
  const path = library(
    'needs.so',
    'int other(void);\nint make(void) { return other(); }',
    `-L${folder}`,
    '-lother',
  );
  assert.deepEqual(unmet(path, new Set()), [`${path} needs libother.so.1, which hosts need not have`]);
  assert.deepEqual(unmet(path, new Set(['libother.so.1'])), []);
});

test('what is no executable is said to be none', () => {
  assert.throws(() => unmet(join(root, 'package.json'), new Set()), /objdump .* failed/);
});
