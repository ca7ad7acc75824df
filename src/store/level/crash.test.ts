// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { point, slice } from '../history.contract.js';
import { LevelHistory } from './history.js';

const child = join(dirname(fileURLToPath(import.meta.url)), 'crash.child.js');

/** Runs the child until it has said enough, kills it after some more time, and gives back what it had said. */
async function runAndKill(
  folder: string,
  seed: number,
  afterMs: number,
): Promise<{ lines: string[]; killedAt: number }> {
  const process_ = spawn(process.execPath, [child, folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let killedAt = 0;
  process_.stdout.setEncoding('utf8');
  process_.stdout.on('data', (text: string) => {
    const ready = /flushed/.test(said);
    said += text;
    if (!ready && /flushed/.test(said)) {
      setTimeout(() => {
        killedAt = Date.now();
        process_.kill('SIGKILL');
      }, afterMs);
    }
  });
  await new Promise((resolve) => process_.once('close', resolve));
  assert.ok(killedAt > 0, `the child ended by itself: ${said}`);
  // The last line may be cut.
  return { lines: said.split('\n').slice(0, -1), killedAt };
}

test('kill -9 at any time loses at most the last second, and the store opens', {
  timeout: 120_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-history-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (let seed = 0; seed < 20; seed++) {
    const afterMs = Math.floor(Math.random() * 250);
    const { lines, killedAt } = await runAndKill(folder, seed, afterMs);
    let safe = 0;
    for (const line of lines) {
      const [what, counter, at] = line.split(' ');
      if (what === 'flushed' || (what === 'appended' && Number(at) < killedAt - 1000)) safe = Number(counter);
    }
    assert.ok(safe > 0);
    const errors: string[] = [];
    const history = await LevelHistory.open({
      folder,
      logger: { debug() {}, info() {}, warn() {}, error: (text: string) => errors.push(text) },
    });
    assert.deepEqual(errors, []);
    const kept = new Map<string, unknown>();
    for await (const { element } of history.current()) kept.set(element.ID, element.Metadata['counter']);
    const counter = Number(kept.get(`tick-${seed}`));
    assert.ok(
      counter >= safe,
      `run ${seed}, killed ${afterMs} ms after the first flush: ${counter} of ${safe} kept`,
    );
    for (let earlier = 0; earlier < seed; earlier++) assert.ok(kept.has(`tick-${earlier}`));

    // Everything can be read: now, and each revision of the last second.
    const view = await history.view(point(killedAt));
    const tick = view.node(view.nodeById(`tick-${seed}`));
    assert.equal(tick.Metadata['counter'], counter);
    assert.equal(String(tick.Metadata['text'] ?? '').length, tick.Revision > 1 ? counter % 300 : 0);
    view.release();
    const all = await history.view(slice(killedAt - 1000, killedAt));
    assert.ok(all.nodeCount > 0);
    all.release();
    await history.close();
  }
});

test('two processes cannot have one folder', { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-history-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const other = spawn(process.execPath, [child, folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => other.once('close', resolve));
  try {
    await new Promise<void>((resolve) => other.stdout.once('data', () => resolve()));
    await assert.rejects(LevelHistory.open({ folder }), {
      code: 'SKY_E_STORE',
      message: /in use by another process; stop that one or set storage\.level\.path/,
    });
  } finally {
    other.kill('SIGKILL');
    await ended;
  }
  const history = await LevelHistory.open({ folder });
  await history.close();
});
