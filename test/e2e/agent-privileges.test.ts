// SPDX-License-Identifier: Apache-2.0
// What a real agent may do, by what the kernel says of it, and that it is enough for its work.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { agentCapabilities, capabilitySet, supervisorCapabilities } from '../../src/topology/capabilities.js';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Host } from './allinone-fixture.js';
import { CapturedHost } from './captured-host.js';

/** The sets of every thread of a process, each kind once. */
function sets(pid: number, name: string): bigint[] {
  const found = new Set<bigint>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    found.add(BigInt(`0x${new RegExp(`^${name}:\\s+(\\w+)`, 'm').exec(status)![1]}`));
  }
  return [...found];
}

const ours = sets(process.pid, 'CapBnd')[0]!;

/** A process of another user in a network namespace of its own. */
async function otherUsersProcess(t: TestContext): Promise<ChildProcess> {
  const child = spawn('unshare', ['-n', 'setpriv', '--reuid=65534', '--clear-groups', 'sleep', '600'], {
    stdio: 'ignore',
  });
  t.after(() => child.kill('SIGKILL'));
  await eventually(() => assert.equal(readFileSync(`/proc/${child.pid}/comm`, 'utf8'), 'sleep\n'));
  return child;
}

test('an agent keeps what SECURITY.md lists, and does all of its work with it', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const { pid } = scene.agent;
  const kept = capabilitySet(agentCapabilities) & ours;
  for (const name of ['CapPrm', 'CapEff', 'CapBnd']) assert.deepEqual(sets(pid, name), [kept], name);
  assert.deepEqual(sets(pid, 'CapInh'), [0n]);
  assert.ok(!/without CAP_/.test(scene.agent.log), scene.agent.log);
  assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
  assert.match(readFileSync(`/proc/${scene.analyzer.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);

  // Namespaces that are mounted, and one of a process of another user; captures in the first.
  mkdirSync(scene.host.runPath, { recursive: true });
  const other = await otherUsersProcess(t);
  symlinkSync(`/proc/${other.pid}/ns/net`, join(scene.host.runPath, 'others'));
  await eventually(async () => {
    const found = await scene.query<number>(
      `G.V().Has('Type', 'netns', 'Name', 'others').Out().Has('Name', 'lo').Count()`,
    );
    assert.equal(found, 1, scene.agent.log);
  }, 20_000);

  const uuid = await scene.create({ GremlinQuery: "G.V().Has('Name', 'va')" });
  await scene.active([uuid]);
  const before = await scene.packets();
  await scene.ping(5);
  await eventually(async () => {
    assert.equal(
      (await scene.captures())[0]!.PacketsReceived,
      (await scene.packets()) - before,
      scene.agent.log,
    );
  }, 20_000);
});

test('the agent of allinone can still start and stop an analyzer of another user, and that one has nothing', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const host = new Host();
  t.after(() => host.remove());
  await host.up();
  const service = host.start('allinone', '--analyzer-uid', '65534');
  const found = async () => assert.equal(await host.query(`G.V().Has('Name', 'lo').Count()`), 1, service.log);
  await eventually(found, 30_000);
  const kept = capabilitySet([...agentCapabilities, ...supervisorCapabilities]) & ours;
  assert.deepEqual(sets(service.pid, 'CapPrm'), [kept]);
  const [first] = service.children;
  assert.deepEqual(sets(first!, 'CapPrm'), [0n]);
  assert.deepEqual(sets(first!, 'CapBnd'), [kept]);
  process.kill(first!, 'SIGKILL');
  await eventually(async () => {
    assert.notEqual(service.children[0], first);
    await found();
  }, 30_000);
  service.kill('SIGTERM');
  assert.equal(await service.exit, 0, service.log);
});

/** Runs a Python program with what an agent keeps. */
function asAgent(program: string): string {
  const script = `
    const { addon } = await import(${JSON.stringify(new URL('../../src/native/addon.js', import.meta.url).href)});
    addon().ProcessGuard.keepCapabilities(${capabilitySet(agentCapabilities)}n);
    const { execFileSync } = await import('node:child_process');
    process.stdout.write(execFileSync('python3', ['-c', ${JSON.stringify(program)}]));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
}

test('what an agent keeps is enough to load eBPF programs, send frames, and list the sockets of others', async (t) => {
  if (!requireNamespaces(t)) return;
  const other = await otherUsersProcess(t);
  // BPF_PROG_LOAD of "return 0" for a socket filter and for a traffic control classifier (bpf(2)).
  const said = asAgent(`
import ctypes, os, platform, socket, struct
number = {'x86_64': 321, 'aarch64': 280}[platform.machine()]
code = struct.pack('<BBhi', 0xb7, 0, 0, 0) + struct.pack('<BBhi', 0x95, 0, 0, 0)
insns, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b'GPL')
libc = ctypes.CDLL(None, use_errno=True)
for kind in (1, 3):
    attributes = struct.pack('<IIQQ', kind, 2, ctypes.addressof(insns), ctypes.addressof(licence)).ljust(120, b'\\0')
    fd = libc.syscall(number, 5, ctypes.create_string_buffer(attributes, 120), 120)
    print('loaded' if fd >= 0 else os.strerror(ctypes.get_errno()))
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
    raw.bind(('lo', 0))
    print(raw.send(bytes(60)))
print(len(os.listdir('/proc/${other.pid}/fd')) >= 3)`);
  assert.equal(said, 'loaded\nloaded\n60\nTrue');
});

test('SECURITY.md names each capability, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../SECURITY.md'), 'utf8');
  const named = new Set(text.match(/CAP_[A-Z_]+/g));
  const all = [...agentCapabilities, ...supervisorCapabilities].map(({ name }) => name);
  assert.deepEqual([...named].sort(), all.sort());
});
