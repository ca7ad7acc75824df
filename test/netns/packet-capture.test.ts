// SPDX-License-Identifier: Apache-2.0
// Live captures in network namespaces: what the ring gives must be what tcpdump wrote of the same traffic.

import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { addon } from '../../src/native/addon.js';
import type {
  NativePacketCaptureInstance,
  NativePacketCaptureOptions,
} from '../../src/native/packet-capture.js';
import { type Flow, root } from '../golden/flows.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);

interface Pair {
  readonly left: ScratchNamespace;
  readonly right: ScratchNamespace;
}

/** Two namespaces joined by a veth: 10.1.1.1 and 10.1.1.2, fd01::1 and fd01::2. */
async function pair(t: TestContext): Promise<Pair> {
  const left = new ScratchNamespace('flow');
  const right = new ScratchNamespace('flow');
  t.after(() => {
    left.remove();
    right.remove();
  });
  await left.do(`link add here type veth peer name there netns ${right.name}`);
  for (const [space, link, host] of [
    [left, 'here', 1],
    [right, 'there', 2],
  ] as const) {
    await space.do(`addr add 10.1.1.${host}/24 dev ${link}`);
    await space.do(`addr add fd01::${host}/64 dev ${link} nodad`);
    await space.do('link set lo up');
    await space.do(`link set ${link} up`);
  }
  return { left, right };
}

function capture(
  t: TestContext,
  options: NativePacketCaptureOptions,
  ready = () => {},
): NativePacketCaptureInstance {
  const started = new (addon().PacketCapture)(options, ready);
  t.after(() => started.stop());
  return started;
}

function flowsOf(live: NativePacketCaptureInstance): Flow[] {
  return JSON.parse(live.flows().toString()) as Flow[];
}

/** What two captures of one traffic must agree on. */
function summary(flows: readonly Flow[]): string[] {
  return flows
    .map(({ TrackingID, LayersPath, Metric: m, Start, Last }) =>
      [LayersPath, TrackingID, m.ABPackets, m.ABBytes, m.BAPackets, m.BABytes, Start, Last].join(' '),
    )
    .sort();
}

/** Runs a Node program in a namespace. */
async function nodeIn(space: ScratchNamespace, program: string): Promise<void> {
  await run('ip', ['netns', 'exec', space.name, process.execPath, '-e', program]);
}

const tcpExchange = `
  const net = require('net');
  const s = net.connect(7000, '10.1.1.2', () => s.write('x'.repeat(20000)));
  let got = 0;
  s.on('data', (d) => { got += d.length; if (got === 20000) s.end(); });
  s.on('error', (e) => { throw e; });`;
const echo = `
  require('net').createServer((s) => s.pipe(s)).listen(7000, '10.1.1.2', () => console.log('ready'));`;
const datagrams = (address: string, size: number, count: number) => `
  const s = require('dgram').createSocket('udp${address.includes(':') ? 6 : 4}');
  let left = ${count};
  for (let i = 0; i < ${count}; i += 1) s.send(Buffer.alloc(${size}), 9999, '${address}', (e) => {
    if (e) throw e; if (--left === 0) s.close(); });`;

test('a live capture counts what tcpdump saw', { timeout: 60000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const tcpdump = ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'].find((path) => existsSync(path));
  if (tcpdump === undefined) {
    t.skip('needs tcpdump');
    return;
  }
  const { left, right } = await pair(t);
  const folder = mkdtempSync(join(tmpdir(), 'flow-capture-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'dump.pcap');
  // Not what hosts say by themselves: it may come between the two starts.
  const filter = 'icmp or tcp or udp or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))';
  const dump = spawn('ip', [
    'netns',
    'exec',
    left.name,
    tcpdump,
    '-Z',
    'root',
    '-U',
    '-i',
    'here',
    '-s',
    '256',
    '-w',
    file,
    filter,
  ]);
  t.after(() => dump.kill('SIGKILL'));
  let said = '';
  dump.stderr.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => assert.match(said, /listening on here/));
  const live = capture(t, { interface: 'here', namespacePath: left.path, filter });

  const server = spawn('ip', ['netns', 'exec', right.name, process.execPath, '-e', echo]);
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '3', '-i', '0.01', '10.1.1.2']);
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '2', '-i', '0.01', 'fd01::2']);
  await nodeIn(left, tcpExchange);
  await nodeIn(left, datagrams('10.1.1.2', 100, 20));
  await nodeIn(left, datagrams('10.1.1.2', 4000, 3));
  await nodeIn(left, datagrams('fd01::2', 100, 5));

  const dumped = () => {
    const table = new (addon().FlowTable)({ format: 'json', flowsPerMessage: 100000 });
    // The last record may be half written.
    table.feed(readFileSync(file));
    return JSON.parse(table.flows()[0]?.toString() ?? '[]') as Flow[];
  };
  const expected = [
    'Ethernet/IPv4/ICMPv4',
    'Ethernet/IPv6/ICMPv6/ICMPv6Echo',
    'Ethernet/IPv4/TCP',
    'Ethernet/IPv4/UDP',
    'Ethernet/IPv4/Fragment',
    'Ethernet/IPv6/UDP',
  ];
  await eventually(() => {
    const flows = flowsOf(live);
    const paths = new Set(flows.map(({ LayersPath }) => LayersPath));
    assert.deepEqual(
      expected.filter((path) => !paths.has(path)),
      [],
    );
    assert.deepEqual(summary(flows), summary(dumped()));
  });
  const stats = live.stats();
  assert.equal(stats.packetsDropped, 0);
  assert.equal(stats.packetsReceived, stats.packets);
});

test('updates and the end of a capture send their flows', { timeout: 30000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  let told = 0;
  const live = capture(
    t,
    {
      interface: 'here',
      namespacePath: left.path,
      filter: 'icmp',
      updateMs: 50,
      nodeTid: 'tid',
      captureId: 'cap',
    },
    () => {
      told += 1;
    },
  );
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '2', '-i', '0.01', '10.1.1.2']);
  const messages: Buffer[] = [];
  await eventually(() => {
    messages.push(...live.take(10));
    assert.ok(told > 0 && messages.length > 0);
  });
  assert.match(messages[0]?.toString('latin1') ?? '', /Ethernet\/IPv4\/ICMPv4.*tid.*cap/s);
  live.stop();
  const [last] = live.take(10).slice(-1);
  // FinishType TIMEOUT is the last field.
  assert.equal(last?.subarray(-3).toString('hex'), 'e00301');
  assert.equal(live.stats().flowCount, 0);
  assert.deepEqual(live.take(10), []);
});

test('a filter keeps out what does not match, and cuts to the header size', { timeout: 30000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  const options = { interface: 'here', namespacePath: left.path };
  const live = capture(t, { ...options, filter: 'udp port 9999', headerSize: 60, rawPacketLimit: 5 });
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '2', '-i', '0.01', '10.1.1.2']);
  await nodeIn(left, datagrams('10.1.1.2', 500, 3));
  await eventually(() => assert.equal(flowsOf(live)[0]?.Metric.ABPackets, 3));
  assert.equal(flowsOf(live).length, 1);
  assert.equal(flowsOf(live)[0]?.Metric.ABBytes, 3 * 542);
  live.stop();
  const message = Buffer.concat(live.take(10));
  // Raw packet data: field 3 of 60 bytes.
  assert.ok(message.includes(Buffer.from([0x1a, 60])));
  const create = (more: object) => new (addon().PacketCapture)({ ...options, ...more }, () => {});
  assert.throws(() => create({ filter: 'port' }), /syntax error/);
  assert.throws(() => create({ interface: 'nowhere' }), /no such interface to capture on nowhere/);
  assert.throws(() => create({ namespacePath: '/run/netns/none' }), /cannot open the network namespace/);
});

test('a VLAN tag that the kernel took off is seen', { timeout: 30000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  if (spawnSync('python3', ['--version']).status !== 0) {
    t.skip('needs python3');
    return;
  }
  const { left, right } = await pair(t);
  const live = capture(t, { interface: 'there', namespacePath: right.path });
  const frame =
    '020000000002020000000001810000054500001d000100004011f97bc0a80001c0a8000200070009000900007878'.replace(
      '81000005',
      '810000050800',
    );
  const send = `import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("here", 0)); s.send(bytes.fromhex("${frame}").ljust(60, b"\\0"))`;
  await run('ip', ['netns', 'exec', left.name, 'python3', '-c', send]);
  await eventually(() => {
    const tagged = flowsOf(live).find(({ Link }) => Link?.ID === 5);
    assert.equal(tagged?.LayersPath, 'Ethernet/Dot1Q/IPv4/UDP');
    assert.equal(tagged?.Network?.A, '192.168.0.1');
  });
});

test('a deferred capture is opened, and ended, off the thread of JavaScript', {
  timeout: 30000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  const options = { interface: 'here', namespacePath: left.path, filter: 'icmp', deferred: true };
  const live = new (addon().PacketCapture)(options, () => {});
  assert.throws(() => live.stats(), /it is not open/);
  const opened = live.open();
  assert.throws(() => live.open(), /it is open or closed/);
  await opened;
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '2', '-i', '0.01', '10.1.1.2']);
  await eventually(() => assert.equal(flowsOf(live)[0]?.Metric.BAPackets, 2));
  await live.end();
  assert.match(Buffer.concat(live.take(10)).toString('latin1'), /Ethernet\/IPv4\/ICMPv4/);
  const nowhere = new (addon().PacketCapture)({ ...options, interface: 'nowhere' }, () => {});
  await assert.rejects(nowhere.open(), /no such interface to capture on nowhere/);
  assert.throws(() => nowhere.open(), /it is open or closed/);
});

test('many captures share the threads, and leave none behind', { timeout: 30000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  const threads = () => Number(/Threads:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  const before = threads();
  const options = { interface: 'here', namespacePath: left.path, filter: 'icmp', ringBytes: 1 << 18 };
  const all = Array.from({ length: 20 }, () => new (addon().PacketCapture)(options, () => {}));
  assert.ok(threads() <= before + 2, `${threads()} threads after ${before}`);
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '2', '-i', '0.01', '10.1.1.2']);
  for (const live of all) await eventually(() => assert.equal(flowsOf(live)[0]?.Metric.BAPackets, 2));
  for (const live of all) live.stop();
  await eventually(() => assert.equal(threads(), before));
});

const whileCapturing = (how: string) => `
  const { PacketCapture } = require('./build/Release/skydive.node');
  globalThis.live = new PacketCapture({ interface: 'lo', updateMs: 1 }, () => {});
  const socket = require('dgram').createSocket('udp4');
  let left = 200;
  const send = () => socket.send('x', 9999, '127.0.0.1', () => { if (left-- > 0) send(); else { ${how} } });
  send();`;
const whileOpening = (how: string) => `
  const { PacketCapture } = require('./build/Release/skydive.node');
  for (let i = 0; i < 8; i++) new PacketCapture({ interface: 'lo', updateMs: 1, deferred: true }, () => {}).open();
  ${how}`;
const inWorker = `
  const { Worker } = require('worker_threads');
  const worker = new Worker(${JSON.stringify(whileCapturing("require('worker_threads').parentPort.postMessage(1);"))}, { eval: true });
  worker.once('message', () => worker.terminate().then(() => process.exit(0)));`;

for (const [how, program] of [
  ['exits', whileCapturing('process.exit(0);')],
  ['runs out of work', whileCapturing('socket.close();')],
  [
    'drops the capture and collects garbage',
    whileCapturing('globalThis.live = undefined; global.gc(); global.gc(); socket.close();'),
  ],
  ['ends the worker that captures', inWorker],
  ['exits while captures open', whileOpening('setImmediate(() => process.exit(0));')],
  ['lets captures go that open', whileOpening('global.gc(); setImmediate(() => global.gc());')],
]) {
  test(`a process that ${how} while capturing ends well`, { timeout: 30000 }, (t) => {
    if (!requireNamespaces(t)) return;
    const { status, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', program as string], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
}

test('a capture is searched while it runs, and after it was stopped', { timeout: 30000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  const live = capture(t, {
    interface: 'here',
    namespacePath: left.path,
    filter: 'icmp',
    nodeTid: 'tid-here',
  });
  await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '1', '10.1.1.2']);
  await eventually(() => assert.equal(flowsOf(live).length, 1));
  const [{ UUID }] = flowsOf(live) as [Flow];
  // SearchQuery { Filter { TermStringFilter { Key: NodeTID, Value } } }
  const byNode = (tid: string) => {
    const term = Buffer.concat([
      Buffer.from('\x0a\x07NodeTID\x12'),
      Buffer.from([tid.length]),
      Buffer.from(tid),
    ]);
    return Buffer.concat([Buffer.from([0x0a, term.length + 2, 0x0a, term.length]), term]);
  };
  assert.ok((await live.query(byNode('tid-here'))).includes(UUID));
  assert.equal((await live.query(byNode('tid-there'))).length, 0);
  assert.throws(() => live.query(Buffer.from('nonsense')), /no SearchQuery/);
  const asked = live.query(Buffer.alloc(0));
  live.stop();
  await asked;
  assert.equal((await live.query(Buffer.alloc(0))).length, 0);
});

test('packets that came right before the end of a capture count', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const { left } = await pair(t);
  const live = capture(t, { interface: 'here', namespacePath: left.path, filter: 'icmp' });
  for (let round = 0; round < 5; round += 1) {
    await run('ip', ['netns', 'exec', left.name, 'ping', '-c', '1', '10.1.1.2']);
  }
  await live.end();
  assert.equal(live.stats().packetsReceived, 10);
  assert.equal(live.stats().packets, 10);
});
