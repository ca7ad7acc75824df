// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { added, at, node, point, updated } from '../history.contract.js';
import { LevelHistory } from './history.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Runs with a small file system of its own; skips without root. */
async function onTmpfs(
  t: { skip(reason: string): void },
  options: string,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(root, 'tmpfs-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    t.skip('needs root to mount a file system');
    return;
  }
  try {
    await run(folder);
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
}

function isStoreError(...parts: RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SkydiveError);
    assert.equal(error.code, 'SKY_E_STORE');
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
}

test('a folder in use is refused, naming folder, key and remedy', async () => {
  const folder = join(root, 'locked');
  const first = await LevelHistory.open({ folder });
  await assert.rejects(
    LevelHistory.open({ folder, configKey: 'storage.mine.path' }),
    isStoreError(
      /in use by another process/,
      /storage\.mine\.path/,
      new RegExp(folder),
      /stop that one or set/,
    ),
  );
  await first.close();
  await (await LevelHistory.open({ folder })).close();
});

test('a folder that cannot be made is refused, naming folder, key and remedy', async () => {
  const file = join(root, 'file');
  await writeFile(file, '');
  await assert.rejects(
    LevelHistory.open({ folder: join(file, 'history') }),
    isStoreError(/cannot write/, /storage\.level\.path/, /file\/history/, /make it writable or set/),
  );
});

test('a read-only folder is refused', (t) =>
  onTmpfs(t, 'size=1m', async (folder) => {
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    await assert.rejects(
      LevelHistory.open({ folder: join(folder, 'h') }),
      isStoreError(/storage\.level\.path/, /read-only/i),
    );
    await assert.rejects(LevelHistory.open({ folder }), isStoreError(/storage\.level\.path/, /read-only/i));
  }));

test('a full disk is counted and said, and writing goes on when there is room', (t) =>
  onTmpfs(t, 'size=6m', async (folder) => {
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (text: string) => errors.push(text) };
    const history = await LevelHistory.open({
      folder: join(folder, 'h'),
      logger,
      // Try again at once.
      schedule: (run, delayMs) => {
        const timer = setTimeout(run, Math.min(delayMs, 20));
        if (delayMs > 10_000) clearTimeout(timer);
        return () => clearTimeout(timer);
      },
    });
    history.append(added(node('before', 1, { Name: 'before' })));
    await history.flush();
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch(() => undefined);
    // Random digits do not compress.
    const text = (): string => Array.from({ length: 200 }, () => Math.random().toString(36)).join('');
    for (let id = 0; id < 200; id++)
      history.append(added(node(`n${id}`, 10 + id, { Name: `n${id}`, text: text() })));
    await assert.rejects(history.flush(), isStoreError(/cannot be written now/, /No space left/));
    assert.ok(history.status().errors > 0);
    assert.match(history.status().lastError ?? '', /No space left/);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.deepEqual(await at(history, point(5)), ['before#1'], 'what was written is still answered');

    await rm(ballast);
    history.append(added(node('after', 300, { Name: 'after' })));
    const deadline = Date.now() + 20_000;
    for (let written = false; !written; ) {
      written = await history.flush().then(
        () => true,
        () => false,
      );
      assert.ok(written || Date.now() < deadline, 'writes again within 20 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(history.status().lastError, undefined);
    assert.equal((await at(history, point(1000))).length, 202);
    await history.close();
    const again = await LevelHistory.open({ folder: join(folder, 'h') });
    assert.equal((await at(again, point(1000))).length, 202);
    await again.close();
  }));

test('a damaged last window is set aside and said', async () => {
  const folder = join(root, 'damaged');
  const history = await LevelHistory.open({ folder });
  history.append(added(node('a', 1, { Name: 'a' })));
  await history.close();
  const window = join(folder, 'w00000001');
  for (const name of await readdir(window)) {
    if (/^MANIFEST/.test(name)) await writeFile(join(window, name), 'no manifest');
  }
  const errors: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (text: string) => errors.push(text) };
  const again = await LevelHistory.open({ folder, logger });
  assert.match(errors.join('\n'), /damaged.*set aside as .*w00000001\.damaged/);
  again.append(added(node('b', 2, { Name: 'b' })));
  assert.deepEqual(await at(again, point(5)), ['b#1']);
  await again.close();
});

test('what a crash left of a begun window is removed at the start', async () => {
  const folder = join(root, 'orphan');
  await (await LevelHistory.open({ folder })).close();
  await mkdir(join(folder, 'w00000009'));
  await writeFile(join(folder, 'w00000009', 'CURRENT'), 'x');
  await writeFile(join(folder, 'notes.txt'), 'not ours');
  await (await LevelHistory.open({ folder })).close();
  assert.deepEqual((await readdir(folder)).sort(), ['manifest', 'notes.txt', 'w00000001']);
});

test('a metric update costs its digits, not the metadata', async () => {
  const folder = join(root, 'small');
  const history = await LevelHistory.open({ folder });
  const text = 'x'.repeat(500);
  const start = Date.now();
  let nodes = Array.from({ length: 100 }, (_, id) =>
    node(`n${id}`, start, { Name: `eth${id}`, text, Metric: { RxBytes: 0, TxBytes: 0, RxPackets: 0 } }),
  );
  for (const one of nodes) history.append(added(one));
  await history.flush();
  const before = history.writtenBytes;
  for (let step = 1; step <= 100; step++) {
    nodes = nodes.map((one, id) => {
      const Metric = { RxBytes: step * 1500 + id, TxBytes: step * 900 + id, RxPackets: step };
      const [next, event] = updated(one, start + step, { ...one.Metadata, Metric });
      history.append(event);
      return next;
    });
  }
  await history.flush();
  const perRevision = (history.writtenBytes - before) / 10_000;
  assert.ok(perRevision < 90, `${perRevision} bytes a revision, before compression`);
  await history.close();
});
