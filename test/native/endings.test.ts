// SPDX-License-Identifier: Apache-2.0
// Whatever the addon is doing when a process exits, a worker thread is ended or its object becomes garbage: nothing
// crashes, and nothing hangs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { endingNames, workNames } from './busy.child.js';

const child = join(import.meta.dirname, 'busy.child.js');
/** Far beyond what it takes: a hang, not slowness, is looked for. */
const hangsMs = 60_000;

async function end(t: TestContext, work: string, ending: string): Promise<void> {
  const space = new ScratchNamespace('endings');
  const folder = mkdtempSync(join(tmpdir(), 'skydive-endings-'));
  t.after(() => {
    space.remove();
    rmSync(folder, { recursive: true });
  });
  await space.do('link set lo up');
  const words = ['netns', 'exec', space.name, process.execPath, '--expose-gc', child, work, ending];
  const env = { ...process.env, TMPDIR: folder };
  const busy = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let said = '';
  busy.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const hang = setTimeout(() => busy.kill('SIGKILL'), hangsMs);
  const [status, signal] = await new Promise<[number | null, string | null]>((ended) =>
    busy.on('close', (...how) => ended(how)),
  );
  clearTimeout(hang);
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, said);
}

/** It keeps the process alive until it is closed. */
const neverGarbage = 'a netlink monitor';

for (const work of workNames) {
  for (const ending of endingNames) {
    if (work === neverGarbage && ending === 'what works is garbage') continue;
    test(`${work} at work when ${ending}`, { timeout: 2 * hangsMs }, async (t) => {
      if (!requireNamespaces(t)) return;
      await end(t, work, ending);
    });
  }
}
