// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { addon } from './addon.js';
import type { InterfaceChange, NetlinkReport } from './netlink-monitor.js';

/** One attribute, padded to four bytes. */
function attribute(type: number, ...payload: Uint8Array[]): Buffer {
  const body = Buffer.concat(payload);
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + body.length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
}

function message(type: number, ...payload: Uint8Array[]): Buffer {
  const body = Buffer.concat(payload);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  return Buffer.concat([header, body]);
}

const text = (value: string) => Buffer.from(`${value}\0`);
const u8 = (value: number) => Buffer.from([value]);
const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const bytes = (...values: number[]) => Buffer.from(values);

function linkHeader(index: number, type = 1, flags = 0x1003, family = 0): Buffer {
  const header = Buffer.alloc(16);
  header[0] = family;
  header.writeUInt16LE(type, 2);
  header.writeUInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  return header;
}

const newLink = (index: number, ...attributes: Uint8Array[]) =>
  message(16, linkHeader(index), attribute(3, text(`if${index}`)), ...attributes);

function decode(...messages: Uint8Array[]): InterfaceChange[] {
  return JSON.parse(addon().NetlinkMonitor.decode(Buffer.concat(messages))) as InterfaceChange[];
}

for (const [what, attributes, key, value] of [
  ['MTU', [attribute(4, u32(1400))], 'mtu', 1400],
  ['hardware address', [attribute(1, bytes(2, 0, 0, 0, 0, 0xab))], 'mac', '02:00:00:00:00:ab'],
  ['zero hardware address', [attribute(1, bytes(0, 0, 0, 0, 0, 0))], 'mac', undefined],
  ['master', [attribute(10, u32(7))], 'master', 7],
  ['lower link', [attribute(5, u32(8))], 'parent', 8],
  ['nsid 0', [attribute(37, u32(0))], 'nsid', 0],
  ['operational state', [attribute(16, u8(6))], 'state', 6],
  ['kind', [attribute(18, attribute(1, text('vxlan')))], 'kind', 'vxlan'],
  ['VLAN id', [attribute(18, attribute(1, text('vlan')), attribute(2, attribute(1, u16(100))))], 'vlan', 100],
  [
    'bond mode',
    [attribute(18, attribute(1, text('bond')), attribute(2, attribute(1, u8(4))))],
    'bondMode',
    4,
  ],
] as const) {
  test(`a link message tells the ${what}`, () => {
    const [change] = decode(newLink(2, ...attributes));
    assert.equal(change!.link![key], value);
  });
}

test('a link message tells about a bond port', () => {
  const port = attribute(
    5,
    attribute(1, u8(1)),
    attribute(2, u8(2)),
    attribute(3, u32(3)),
    attribute(4, bytes(2, 0, 0, 0, 0, 1)),
    attribute(5, u16(4)),
    attribute(6, u16(5)),
    attribute(7, u8(6)),
    attribute(8, u16(7)),
  );
  const [change] = decode(newLink(2, attribute(18, attribute(4, text('bond')), port)));
  assert.deepEqual(change!.link!.bondPort, {
    state: 1,
    miiStatus: 2,
    linkFailureCount: 3,
    permMac: '02:00:00:00:00:01',
    queueId: 4,
    aggregatorId: 5,
    actorState: 6,
    partnerState: 7,
  });
});

test('a link message tells about virtual functions', () => {
  const mac = Buffer.alloc(36);
  mac.writeUInt32LE(1, 0);
  mac.set([2, 0, 0, 0, 0, 9], 4);
  const info = attribute(
    1,
    attribute(1, mac),
    attribute(2, u32(1), u32(100), u32(3)),
    attribute(3, u32(1), u32(50)),
    attribute(4, u32(1), u32(1)),
    attribute(5, u32(1), u32(2)),
  );
  const [change] = decode(newLink(2, attribute(22, info)));
  assert.deepEqual(change!.link!.functions, [
    { id: 1, mac: '02:00:00:00:00:09', vlan: 100, qos: 3, txRate: 50, linkState: 2, spoofCheck: 1 },
  ]);
});

test('addresses, neighbours and routes go to their interface', () => {
  const address = message(20, bytes(2, 24, 0, 0), u32(2), attribute(2, bytes(10, 0, 0, 1)));
  const neighbour = message(
    28,
    bytes(2, 0, 0, 0),
    u32(2),
    u16(0x80),
    bytes(0, 0),
    attribute(1, bytes(10, 0, 0, 2)),
    attribute(2, bytes(2, 0, 0, 0, 0, 3)),
  );
  const entry = message(
    28,
    bytes(7, 0, 0, 0),
    u32(2),
    u16(0x40),
    bytes(2, 0),
    attribute(2, bytes(2, 0, 0, 0, 0, 4)),
    attribute(1, bytes(10, 9, 9, 9)),
    attribute(7, u32(42)),
    attribute(5, u16(7)),
  );
  const hop = (index: number, gateway: number) => {
    const attributes = attribute(5, bytes(10, 0, 0, gateway));
    return Buffer.concat([u16(8 + attributes.length), bytes(0, 0), u32(index), attributes]);
  };
  const route = message(
    24,
    bytes(2, 16, 0, 0, 254, 4, 0, 1),
    u32(0),
    attribute(1, bytes(10, 1, 0, 0)),
    attribute(6, u32(50)),
    attribute(9, hop(2, 254), hop(3, 253)),
  );
  const changes = decode(newLink(2), newLink(3), address, neighbour, entry, route);
  assert.deepEqual(changes[0]!.ipv4, ['10.0.0.1/24']);
  assert.deepEqual(changes[0]!.neighbours, [{ state: 0x80, mac: '02:00:00:00:00:03', ip: '10.0.0.2' }]);
  assert.deepEqual(changes[0]!.fdb, [
    { flags: 2, state: 0x40, mac: '02:00:00:00:00:04', ip: '10.9.9.9', vlan: 7, vni: 42 },
  ]);
  const common = { table: 254, family: 4, protocol: 4, priority: 50, destination: '10.1.0.0/16' };
  assert.deepEqual(changes[0]!.routes, [{ ...common, gateway: '10.0.0.254' }]);
  assert.deepEqual(changes[1]!.routes, [{ ...common, gateway: '10.0.0.253' }]);
});

test('leaving a bridge is not leaving the kernel', () => {
  const [change] = decode(newLink(2), message(17, linkHeader(2, 1, 0, 7)));
  assert.equal(change!.link!.name, 'if2');
  assert.deepEqual(decode(newLink(2), message(17, linkHeader(2))), []);
});

test('a name that is no UTF-8 is still JSON', () => {
  const [change] = decode(message(16, linkHeader(2), attribute(3, bytes(0x61, 0xff, 0x22, 0x01, 0))));
  assert.equal(change!.link!.name, 'a\ufffd"\u0001');
});

test('messages that are cut or garbled never read beyond their end', () => {
  const whole = Buffer.concat([
    newLink(
      2,
      attribute(18, attribute(1, text('bond')), attribute(2, attribute(1, u8(4)))),
      attribute(4, u32(9)),
    ),
    message(24, bytes(2, 16, 0, 0, 254, 4, 0, 1), u32(0), attribute(9, bytes(255, 0, 0, 0, 2, 0, 0, 0))),
  ]);
  for (let length = 0; length <= whole.length; length += 1) {
    assert.ok(Array.isArray(decode(whole.subarray(0, length))));
  }
  let state = 1;
  for (let round = 0; round < 3000; round += 1) {
    const garbled = Buffer.from(whole);
    for (let change = 0; change < 4; change += 1) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      garbled[state % garbled.length] = (state >> 8) & 0xff;
    }
    assert.ok(Array.isArray(decode(garbled)));
  }
});

interface Follower {
  readonly reports: NetlinkReport[];
  readonly synced: Promise<void>;
  readonly monitor: InstanceType<ReturnType<typeof addon>['NetlinkMonitor']>;
}

function follow(): Follower {
  const reports: NetlinkReport[] = [];
  let resolve: () => void;
  const synced = new Promise<void>((done) => {
    resolve = done;
  });
  const monitor = new (addon().NetlinkMonitor)((batch) => {
    for (const report of JSON.parse(batch) as NetlinkReport[]) {
      reports.push(report);
      if ('synced' in report) resolve();
    }
    monitor.acknowledge();
  });
  monitor.add({});
  return { reports, synced, monitor };
}

test('several monitors run side by side and tell the same', async () => {
  const followers = [follow(), follow(), follow()];
  await Promise.all(followers.map(({ synced }) => synced));
  const names = followers.map(({ reports }) =>
    reports.flatMap((report) => ('link' in report ? [report.link!.name] : [])),
  );
  assert.ok(names[0]!.includes('lo'));
  assert.deepEqual(names[1], names[0]);
  for (const { monitor } of followers) {
    monitor.close();
    monitor.close();
    assert.throws(() => monitor.refresh(1), /closed/);
  }
});

test('a namespace that is none is refused by name', () => {
  const { monitor } = follow();
  assert.throws(() => monitor.add({ path: '/run/netns/there-is-none' }), /there-is-none: No such file/);
  assert.throws(() => monitor.add({ path: '/proc/version' }), /cannot enter/);
  monitor.close();
});

test('a worker may end while its monitor runs', async () => {
  const script = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { NetlinkMonitor } = require(workerData);
    const monitor = new NetlinkMonitor(() => { parentPort.postMessage('batch'); });
    monitor.add({});
  `;
  for (let round = 0; round < 5; round += 1) {
    const worker = new Worker(script, { eval: true, workerData: addonPath() });
    await once(worker, 'message');
    await worker.terminate();
  }
});

test('the process may end, or lose the monitor to the garbage collector, while it runs', () => {
  const load = `const { NetlinkMonitor } = require(${JSON.stringify(addonPath())});`;
  const endings = [
    'new NetlinkMonitor(() => process.exit(0)).add({});',
    `for (let i = 0; i < 20; i++) new NetlinkMonitor(() => {}).add({});
     setImmediate(() => { gc(); setImmediate(() => { gc(); process.exit(0); }); });`,
  ];
  for (const ending of endings) {
    const { status, signal } = spawnSync(process.execPath, ['--expose-gc', '-e', load + ending], {
      timeout: 20_000,
    });
    assert.deepEqual({ status, signal }, { status: 0, signal: null });
  }
});

test('without privileges the own namespace is followed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-unprivileged-'));
  try {
    // The clone may lie where only root may look.
    chmodSync(folder, 0o755);
    const copy = join(folder, 'skydive.node');
    copyFileSync(addonPath(), copy);
    chmodSync(copy, 0o644);
    const script = `
      const { NetlinkMonitor } = require(${JSON.stringify(copy)});
      const monitor = new NetlinkMonitor((batch) => {
        const names = JSON.parse(batch).flatMap(({ link }) => (link ? [link.name] : []));
        process.stdout.write(names.join());
        monitor.close();
      });
      monitor.add({});`;
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      ...nobody,
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.ok(stdout.split(',').includes('lo'), stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function addonPath(): string {
  // Loads it, so that it is among what the process has mapped.
  addon();
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  const path = sharedObjects.find((name) => name.endsWith('skydive.node'));
  assert.ok(path !== undefined, 'the addon is loaded');
  return path;
}
