// SPDX-License-Identifier: Apache-2.0
// Each test guards a child process: what is given up does not come back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** What a script of its own prints as JSON; `guard` and `readFileSync`, `readdirSync` are there. */
function inChild(script: string): unknown {
  const head = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { execFileSync } from 'node:child_process';
    const { addon } = await import(${JSON.stringify(new URL('./addon.js', import.meta.url).href)});
    const guard = addon().ProcessGuard;
    const field = (text, name) => new RegExp('^' + name + ':\\\\s+(.*)', 'm').exec(text)[1];
    const status = (thread) => readFileSync('/proc/self/task/' + thread + '/status', 'utf8');
    const threads = () => readdirSync('/proc/self/task');
  `;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', head + script], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

test('no thread keeps a capability that is not asked for, nor can a program that is started get one', () => {
  // CAP_NET_RAW and CAP_NET_BIND_SERVICE; the pool's threads are made before, and one more after.
  const sets = inChild(`
    import { pbkdf2 } from 'node:crypto';
    const work = () => new Promise((done) => pbkdf2('x', 'y', 1000, 8, 'sha1', done));
    await Promise.all(Array.from({ length: 8 }, work));
    const held = BigInt('0x' + field(status(process.pid), 'CapBnd'));
    const before = threads().length;
    guard.keepCapabilities((1n << 13n) | (1n << 10n));
    await work();
    const all = (name) => [...new Set(threads().map((thread) => field(status(thread), name)))];
    const child = field(execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' }), 'CapEff');
    console.log(JSON.stringify({
      before, held: String(held), root: process.geteuid() === 0,
      CapInh: all('CapInh'), CapPrm: all('CapPrm'), CapEff: all('CapEff'), CapBnd: all('CapBnd'), child,
    }));
  `) as Record<'CapInh' | 'CapPrm' | 'CapEff' | 'CapBnd', string[]> & {
    before: number;
    held: string;
    root: boolean;
    child: string;
  };
  assert.ok(sets.before > 4, `${sets.before} threads`);
  const allowed = ((1n << 13n) | (1n << 10n)) & BigInt(sets.held);
  for (const name of ['CapPrm', 'CapEff', ...(sets.root ? (['CapBnd'] as const) : [])] as const) {
    assert.equal(sets[name].length, 1, `all threads have the same ${name}: ${sets[name]}`);
    const set = BigInt(`0x${sets[name][0]}`);
    assert.equal(set, sets.root ? allowed : 0n, name);
  }
  assert.equal(BigInt(`0x${sets.child}`) & ~allowed, 0n);
});

test('what is kept works, what was given up does not', (t) => {
  if (process.geteuid?.() !== 0) return t.skip('needs root');
  const script = `
    guard.keepCapabilities(1n << 13n);
    const tried = (...args) => { try { execFileSync('python3', ['-c', ...args], { stdio: 'ignore' }); return true; } catch { return false; } };
    console.log(JSON.stringify([
      tried('import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'),
      tried('import os; os.chown("/proc/self/comm", 1, 1)'),
      tried('import os; os.setuid(1)'),
    ]));`;
  assert.deepEqual(inChild(script), [true, false, false]);
});

test('signals that threads wait in change nothing for them', () => {
  const script = `
    import { readFile } from 'node:fs/promises';
    guard.keepCapabilities(0n);
    guard.keepCapabilities(0n);
    const texts = await Promise.all(Array.from({ length: 20 }, () => readFile('/proc/self/comm', 'utf8')));
    console.log(JSON.stringify(new Set(texts).size));`;
  assert.equal(inChild(script), 1);
});

test('a process that forbade it leaves no core dump', () => {
  const script = `
    guard.forbidCoreDumps();
    const limit = /^Max core file size +(\\S+) +(\\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    const dumped = execFileSync('python3', ['-c', 'import ctypes; print(ctypes.CDLL(None).prctl(3))'], { encoding: 'utf8' });
    console.log(JSON.stringify({ limits: limit.slice(1), child: dumped.trim() }));`;
  // A program that is started is dumpable again (execve(2)), but its limit stays.
  assert.deepEqual(inChild(script), { limits: ['0', '0'], child: '1' });
});

test('an abort leaves a core of other processes, not of a guarded one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-core-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const runner = `
import os, resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
_, status = os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(os.WCOREDUMP(status), os.WIFSIGNALED(status))`;
  const addonUrl = JSON.stringify(new URL('./addon.js', import.meta.url).href);
  const abort = (guard: string) => {
    const script = `const { addon } = await import(${addonUrl}); ${guard}; process.abort();`;
    const args = ['-c', runner, process.execPath, '--input-type=module', '-e', script];
    return spawnSync('python3', args, { cwd: folder, encoding: 'utf8' }).stdout.trim();
  };
  const unguarded = abort('addon()');
  if (unguarded === '') return t.skip('needs python3');
  assert.equal(abort('addon().ProcessGuard.forbidCoreDumps()'), 'False True');
  // Where the host writes cores at all, it is the guard that makes the difference.
  assert.match(unguarded, /^(True|False) True$/);
});

test('anything but a set of bits is refused', () => {
  const script = `
    let message = '';
    try { guard.keepCapabilities(5); } catch (error) { message = error.message; }
    console.log(JSON.stringify(message));`;
  assert.equal(inChild(script), 'ProcessGuard.keepCapabilities: a bigint is needed');
});
