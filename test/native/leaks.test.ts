// SPDX-License-Identifier: Apache-2.0
// What the addon took it gives back: each class is started and stopped a hundred times under LeakSanitizer.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { rounds } from './repeated.child.js';

const child = join(import.meta.dirname, 'repeated.child.js');
/** Of a hundred rings, of 256 KiB each, that would be half. */
const mostGrown = 12 << 20;

/** The sanitizer's library, which comes with the compiler. */
function sanitizer(t: TestContext): string | undefined {
  const path = execFileSync('g++', ['-print-file-name=liblsan.so'], { encoding: 'utf8' }).trim();
  if (isAbsolute(path) && existsSync(path)) return path;
  assert.notEqual(process.env['CI'], 'true', 'this test needs liblsan of g++');
  t.skip('needs liblsan of g++');
  return undefined;
}

for (const work of Object.keys(rounds)) {
  test(`${work}, a hundred times, leaves nothing behind`, { timeout: 180_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const library = sanitizer(t);
    if (library === undefined) return;
    const space = new ScratchNamespace('leaks');
    const folder = mkdtempSync(join(tmpdir(), 'skydive-leaks-'));
    t.after(() => {
      space.remove();
      rmSync(folder, { recursive: true });
    });
    await space.do('link set lo up');
    const run = async (rounds: number, ...env: readonly string[]) => {
      const words = ['netns', 'exec', space.name, 'env', `TMPDIR=${folder}`, ...env];
      const command = [process.execPath, '--expose-gc', child, work, String(rounds)];
      const { stdout } = await promisify(execFile)('ip', [...words, ...command]);
      return JSON.parse(stdout) as { grown: number; watched: boolean };
    };
    // A leak ends the process with status 23 and a report, with which this is rejected.
    const watch = [`LD_PRELOAD=${library}`, 'LSAN_OPTIONS=detect_leaks=1:exitcode=23:max_leaks=3'];
    assert.ok((await run(50, ...watch)).watched, 'the sanitizer was not there');
    // What is still known somewhere is no leak to the sanitizer.
    const { grown } = await run(100, 'MALLOC_ARENA_MAX=1');
    assert.ok(grown < mostGrown, `${grown} bytes more after the second hundred rounds than after the first`);
  });
}
