// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../../log/logger.js';
import { embeddedKv } from './kv.js';
import { KeySpace } from './space.js';

const child = join(dirname(fileURLToPath(import.meta.url)), 'crash.child.js');

/** Lines that the child wrote before it was killed, `afterLines` after its first one. */
async function runAndKill(folder: string, run: number, afterLines: number): Promise<string[]> {
  const writer = spawn(process.execPath, [child, folder, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  writer.stdout.setEncoding('utf8');
  writer.stdout.on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > afterLines) writer.kill('SIGKILL');
  });
  await new Promise((resolve) => writer.once('close', resolve));
  // The last line may be cut: its write is then not acknowledged.
  return said.split('\n').slice(0, -1);
}

test('kill -9 during writes loses nothing that was acknowledged, and nothing half-written appears', {
  timeout: 600_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-kv-crash-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const runs = Number(process.env['SKYDIVE_CRASH_RUNS'] ?? 15);
  for (let run = 0; run < runs; run++) {
    const lines = await runAndKill(folder, run, 1 + Math.floor(Math.random() * 150));
    assert.ok(lines.length > 0);
    const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
    for (const name of ['a', 'b', 'c']) {
      const acknowledged = lines.filter((line) => line.startsWith(name)).at(-1);
      if (acknowledged === undefined) continue;
      const [, said] = acknowledged.split(' ');
      const kept = (await kv.get(`/crash/${name}`))?.value;
      // One more write may have reached the disk without its answer.
      const count = (value: string | undefined) => Number(value?.split('.')[1] ?? 0);
      if (kept !== undefined) {
        const [of, number, filling] = kept.split('.');
        assert.equal(of, String(run));
        assert.equal(filling?.length, Number(number) % 500, 'a value is whole');
      }
      if (said !== undefined && kept !== undefined) assert.ok([0, 1].includes(count(kept) - count(said)));
      if (said !== undefined && kept === undefined) assert.equal(count(said) % 5, 0);
      if (said === undefined && kept !== undefined) assert.equal(count(kept) % 5, 1);
    }
    await kv.close();
  }
});
