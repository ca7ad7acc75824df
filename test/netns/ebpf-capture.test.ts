// SPDX-License-Identifier: Apache-2.0
// Captures that count in the kernel: nothing gets lost, nothing stays behind.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { addon } from '../../src/native/addon.js';
import type {
  EbpfHook,
  NativeEbpfCaptureInstance,
  NativeEbpfCaptureOptions,
} from '../../src/native/ebpf-capture.js';
import { sendLiveFrames } from '../../tools/traffic/live-frames.js';
import { VethNamespace } from '../../tools/traffic/veth.js';
import { type Flow, root } from '../golden/flows.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';

const hooks = ['tcx', 'clsact', 'socket'] satisfies EbpfHook[];

function veth(t: TestContext): VethNamespace {
  const made = new VethNamespace('ebpf');
  t.after(() => made.remove());
  return made;
}

function capture(
  t: TestContext,
  { path }: VethNamespace,
  options: Partial<NativeEbpfCaptureOptions> = {},
): NativeEbpfCaptureInstance {
  const live = new (addon().EbpfCapture)(
    { interface: 'in', namespacePath: path, pollMs: 20, ...options },
    () => {},
  );
  t.after(() => live.stop());
  return live;
}

function flowsOf(live: NativeEbpfCaptureInstance): Flow[] {
  return JSON.parse(live.flows().toString()) as Flow[];
}

function send({ path }: VethNamespace, flows: number, packets: number, rate = 0) {
  return sendLiveFrames({ namespace: path, interface: 'out', rate, flows, packets });
}

/** Programs that a process has open. */
function programsOf(pid: number | 'self'): string[] {
  const ids = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    let facts = '';
    try {
      facts = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    } catch {
      // It was that of the folder.
    }
    const id = /^prog_id:\s+(\d+)/m.exec(facts)?.[1];
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}

function requireBpftool(t: TestContext): boolean {
  if (spawnSync('bpftool', ['version']).error === undefined) return true;
  assert.notEqual(process.env['CI'], 'true', 'this test needs bpftool');
  t.skip('needs bpftool');
  return false;
}

/** Whether the kernel has a program still; it lets go of them late. */
function isLoaded(id: string): boolean {
  return spawnSync('bpftool', ['prog', 'show', 'id', id]).status === 0;
}

test('flows that find no room in the kernel are counted all the same', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  const live = capture(t, space, { kernelFlows: 1000, maxEntries: 100_000, ringBytes: 32 << 20 });
  await send(space, 20_000, 60_000, 100_000);
  await eventually(() => assert.equal(live.stats().packets, 60_000), 20_000);
  const { flowCount, packetsOverflowed, kernelFlowDropped, flowDropped } = live.stats();
  assert.deepEqual(
    { flowCount, kernelFlowDropped, flowDropped },
    { flowCount: 20_000, kernelFlowDropped: 0, flowDropped: 0 },
  );
  assert.ok(packetsOverflowed >= 19_000 * 3, `${packetsOverflowed} packets through the ring`);
  for (const { Metric } of flowsOf(live)) assert.equal(Metric.ABPackets, 3);
});

test('packets that are lost are counted exactly', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  // A page of memory, looked at seldom: most of it is lost.
  const live = capture(t, space, { kernelFlows: 1, ringBytes: 4096, pollMs: 300 });
  await send(space, 5000, 20_000);
  await eventually(() => {
    const { packets, packetsDropped, kernelFlowDropped, packetsReceived } = live.stats();
    assert.equal(packets + packetsDropped, space.received());
    assert.equal(packetsReceived, space.received());
    assert.equal(kernelFlowDropped, packetsDropped);
  });
  assert.ok(live.stats().kernelFlowDropped > 0);
});

test('a flow goes on after its entry left the kernel', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  const live = capture(t, space, { idleMs: 40 });
  const gone = () => eventually(() => assert.equal(live.stats().kernelEntries, 0));
  await send(space, 3, 30);
  await eventually(() => assert.equal(live.stats().packets, 30));
  await gone();
  const [first] = flowsOf(live);
  await send(space, 3, 30);
  await eventually(() => assert.equal(live.stats().packets, 60));
  await gone();
  const flows = flowsOf(live);
  assert.deepEqual(
    flows.map(({ Metric }) => Metric.ABPackets),
    [20, 20, 20],
  );
  assert.ok(flows.some(({ UUID, Start }) => UUID === first?.UUID && Start === first.Start));
});

test('several captures of one interface each see all of it', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  const all = [...hooks, ...hooks].map((hook) => capture(t, space, { hook }));
  await send(space, 100, 1000);
  for (const live of all) {
    await eventually(() => assert.equal(live.stats().packets, 1000));
    assert.equal(live.stats().flowCount, 100);
  }
  // Those that are left go on when others end.
  for (const live of all.slice(0, 3)) live.stop();
  await send(space, 100, 1000);
  for (const live of all.slice(3)) await eventually(() => assert.equal(live.stats().packets, 2000));
});

for (const hook of hooks) {
  test(`nothing is left of a capture that ends (${hook})`, { timeout: 60_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const space = veth(t);
    if (!requireBpftool(t)) return;
    const before = programsOf('self');
    const live = capture(t, space, { hook });
    const [program, ...more] = programsOf('self').filter((id) => !before.includes(id));
    assert.ok(program !== undefined && more.length === 0 && isLoaded(program));
    live.stop();
    live.stop();
    assert.doesNotMatch(space.run('tc', 'qdisc', 'show', 'dev', 'in'), /clsact/);
    assert.equal(space.run('tc', 'filter', 'show', 'dev', 'in', 'ingress'), '');
    await send(space, 1, 10);
    assert.equal(live.stats().packets, 0);
    assert.deepEqual(programsOf('self'), before);
    await eventually(() => assert.ok(!isLoaded(program)), 20_000);
  });
}

const inChild = (path: string, hook: EbpfHook, how: string) => `
  const { EbpfCapture } = require('./build/Release/skydive.node');
  globalThis.live = new EbpfCapture({ interface: 'in', namespacePath: '${path}', hook: '${hook}' }, () => {});
  ${how}`;

test('a killed agent leaves no program, or one that the next agent removes', {
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  if (!requireBpftool(t)) return;
  const left: string[] = [];
  for (const hook of hooks) {
    const program = inChild(space.path, hook, "console.log('ready'); setInterval(() => {}, 1000);");
    const child = spawn(process.execPath, ['-e', program], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    const [id] = programsOf(child.pid!);
    assert.ok(id !== undefined && isLoaded(id));
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (hook === 'clsact') left.push(id);
    else await eventually(() => assert.ok(!isLoaded(id), hook), 20_000);
  }
  assert.match(space.run('tc', 'filter', 'show', 'dev', 'in', 'ingress'), /skydive-flow/);
  assert.ok(isLoaded(left[0]!));
  const next = capture(t, space, { hook: 'clsact' });
  await eventually(() => assert.ok(!isLoaded(left[0]!)), 20_000);
  next.stop();
  assert.equal(space.run('tc', 'filter', 'show', 'dev', 'in', 'ingress'), '');
});

test('another program on the hook sees the packets too, and stays', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  space.run('tc', 'qdisc', 'add', 'dev', 'in', 'clsact');
  const rule = 'tc filter add dev in ingress protocol ip pref 60000 u32 match u32 0 0 flowid 1:1'.split(' ');
  space.run(...rule);
  const all = hooks.map((hook) => capture(t, space, { hook }));
  await send(space, 10, 100);
  for (const live of all) await eventually(() => assert.equal(live.stats().packets, 100));
  for (const live of all) live.stop();
  assert.match(space.run('tc', 'filter', 'show', 'dev', 'in', 'ingress'), /pref 60000/);
});

test('an interface that goes ends the capture with a reason', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  const all = hooks.map((hook) => capture(t, space, { hook }));
  await send(space, 5, 50);
  for (const live of all) await eventually(() => assert.equal(live.stats().flowCount, 5));
  space.run('ip', 'link', 'del', 'in');
  for (const live of all.slice(0, 2)) {
    await eventually(() => assert.equal(live.stats().error, 'the interface is gone'));
    // What it had is still there.
    assert.equal(live.stats().flowCount, 5);
  }
});

test('what cannot be captured is refused, saying why', (t) => {
  if (!requireNamespaces(t)) return;
  const space = veth(t);
  assert.throws(() => capture(t, space, { interface: 'nowhere' }), /no such interface to capture on nowhere/);
  assert.throws(
    () => capture(t, space, { namespacePath: '/run/netns/none' }),
    /cannot open the network namespace/,
  );
  assert.throws(() => capture(t, space, { hook: 'kprobe' as EbpfHook }), /no such way to attach: kprobe/);
});

for (const [how, end] of [
  ['exits', 'process.exit(0);'],
  ['runs out of work', ''],
  ['drops the capture', 'globalThis.live = undefined; global.gc(); global.gc();'],
] as const) {
  test(`a process that ${how} while it captures ends well`, { timeout: 60_000 }, (t) => {
    if (!requireNamespaces(t)) return;
    const space = veth(t);
    const program = inChild(space.path, 'tcx', end);
    execFileSync(process.execPath, ['--expose-gc', '-e', program], { cwd: root });
  });
}

test('the kernel is asked what it can do', async (t) => {
  if (!requireNamespaces(t)) return;
  const { available, tcx, clsact, socketFilter, error } = await addon().ebpfFeatures();
  assert.deepEqual({ available, error }, { available: true, error: undefined });
  assert.ok(tcx || clsact || socketFilter);
});
