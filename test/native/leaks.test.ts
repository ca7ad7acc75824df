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
/** A ring, or the tables of a capture, are larger than what fifty rounds may leave behind. */
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
    const space = new ScratchNamespace('hygleak');
    const folder = mkdtempSync(join(tmpdir(), 'skydive-leaks-'));
    t.after(() => {
      space.remove();
      rmSync(folder, { recursive: true });
    });
    await space.do('link set lo up');
    // A leak ends the process with status 23 and a report, with which this is rejected.
    const watch = [`LD_PRELOAD=${library}`, 'LSAN_OPTIONS=detect_leaks=1:exitcode=23:max_leaks=3'];
    const inside = ['netns', 'exec', space.name, 'env', `TMPDIR=${folder}`, ...watch];
    const run = promisify(execFile)('ip', [...inside, process.execPath, '--expose-gc', child, work, '100']);
    const { grown, watched } = JSON.parse((await run).stdout) as { grown: number; watched: boolean };
    assert.ok(watched, 'the sanitizer was not there');
    assert.ok(grown < mostGrown, `${grown} bytes more after the second fifty rounds than after the first`);
  });
}
