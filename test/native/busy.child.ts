// SPDX-License-Identifier: Apache-2.0
// Gets one class of the addon to work, and ends in the middle of it: `busy.child.js WORK ENDING`, or a worker thread
// that works until it is ended. Made for endings.test.ts, in a network namespace of its own.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { encodeSearchQuery } from '../../src/flow/search-query.js';
import { addon } from '../../src/native/addon.js';
import { writeTraffic } from '../../tools/pcap/traffic.js';

const everything = encodeSearchQuery({});
const byAddress = encodeSearchQuery({ Filter: { RegexFilter: { Key: 'Network.A', Value: '.*7.*' } } });
/** Below a folder that whoever started this removes. */
const folder = () => mkdtempSync(join(tmpdir(), 'skydive-busy-'));

/** Goes on until the process or thread ends, or `idle` is set. */
let idle = false;
function again(step: () => unknown): void {
  setImmediate(async () => {
    await step();
    if (!idle) again(step);
  });
}

/** Comes back when something holds. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it does not get to work');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function traffic(flows: number): Buffer {
  const path = join(folder(), 'traffic.pcap');
  writeTraffic(path, { packets: flows, flows, mix: 'imix', seed: 9 });
  return readFileSync(path);
}

/** Datagrams over loopback, without end. */
function chatter(): void {
  const socket = createSocket('udp4').unref();
  let port = 1;
  again(() => new Promise((sent) => socket.send('x', (port++ % 60_000) + 1, '127.0.0.1', sent)));
}

/** Told when there is something to take. Out here, as it would keep alive whatever is in its scope. */
const ready = () => {};
const live = { interface: 'lo', updateMs: 1, ringBytes: 1 << 18 };

/** Each gives what it holds, once it works. */
const works: { readonly [name: string]: () => Promise<unknown> } = {
  'a capture': async () => {
    const capture = new (addon().PacketCapture)(live, ready);
    chatter();
    await until(() => capture.stats().packets > 0);
    return capture;
  },
  'an eBPF capture': async () => {
    const capture = new (addon().EbpfCapture)({ ...live, pollMs: 5 }, ready);
    chatter();
    await until(() => capture.stats().packets > 0);
    return capture;
  },
  'queries to a capture': async () => {
    const capture = new (addon().PacketCapture)(live, ready);
    chatter();
    await until(() => capture.stats().flowCount > 100);
    for (let i = 0; i < 8; i++) again(() => capture.query(i % 2 === 0 ? everything : byAddress));
    return capture;
  },
  'a capture file': async () => {
    const bytes = traffic(20_000);
    const table = new (addon().FlowTable)({ ipDefrag: true, extraTcpMetric: true, reassembleTcp: true });
    let at = 0;
    again(() => {
      table.feed(bytes.subarray(at, at + 10_000));
      if (at % 7 === 0) table.update(1_500_000_000_000 + at);
      at = at + 10_000 < bytes.length ? at + 10_000 : 24;
    });
    await until(() => table.stats().packets > 0);
    return table;
  },
  'a flow store': async () => {
    const store = new (addon().FlowStore)({ folder: folder(), windowFlows: 5000 });
    await store.open();
    const intake = new (addon().FlowIntake)({ store, bulkDelayMs: 1 }, ready);
    const port = intake.listen('127.0.0.1', 0);
    const table = new (addon().FlowTable)({ flowsPerMessage: 20 });
    table.feed(traffic(20_000));
    const messages = table.flows();
    for (const message of messages) intake.put(message);
    await intake.drain();
    const socket = createSocket('udp4').unref();
    again(() => new Promise((sent) => socket.send(messages[0]!, port, '127.0.0.1', sent)));
    const times = [0, 4e12] as const;
    again(() => store.count(byAddress, ...times, store.token()));
    again(() => store.columns(['NodeTID', 'Link.A'], everything, ...times, 1e6, store.token()));
    again(async () => {
      const { handle, count } = await store.search(byAddress, ...times, 1e6, store.token());
      if (count > 0) await store.read(handle, 0);
    });
    again(() => store.items('metrics', byAddress, ...times, 1e6, store.token()));
    return [store, intake];
  },
  'a netlink monitor': async () => {
    let batches = 0;
    const monitor = new (addon().NetlinkMonitor)(() => {
      batches += 1;
    });
    const { id } = monitor.add({});
    await until(() => batches > 0);
    again(() => {
      monitor.refresh(id);
      monitor.sample(id);
      monitor.acknowledge();
    });
    return monitor;
  },
  'an injection': async () => {
    const ends = { sourceIp: '127.0.0.1', destinationIp: '127.0.0.1', destinationPort: 9 };
    const kind = { transport: 'udp', ipv6: false, ethernet: true, count: 1e9 } as const;
    const injection = new (addon().PacketInjection)({ interface: 'lo', ...ends, ...kind }, ready);
    await until(() => injection.stats().sent > 0);
    return injection;
  },
  'a sender of datagrams': async () => {
    const sender = new (addon().UdpSender)({ address: '127.0.0.1', port: 9, datagramsPerSecond: 5000 });
    again(() => sender.send([Buffer.alloc(100), Buffer.alloc(1000)]));
    await until(() => sender.stats().sent + sender.stats().failed > 0);
    return sender;
  },
  'password hashes': async () => {
    for (let i = 0; i < 8; i++) again(() => addon().bcrypt('secret', '$2b$04$abcdefghijklmnopqrstuu'));
    return {};
  },
};

let held: unknown;

/** Starts work that nothing holds; a function that waits would, until it returns. */
async function weakly(work: string): Promise<readonly WeakRef<object>[]> {
  return [await works[work]!()].flat().map((object) => new WeakRef(object as object));
}

const endings: { readonly [name: string]: (work: string) => Promise<void> } = {
  'the process exits': async (work) => {
    held = await works[work]!();
    process.exit(0);
  },
  'an exception ends the process': async (work) => {
    held = await works[work]!();
    process.on('uncaughtException', () => process.exit(0));
    throw new Error('on purpose');
  },
  'what works is garbage': async (work) => {
    const kept = await weakly(work);
    idle = true;
    const end = performance.now() + 20_000;
    // In this order: what a turn has looked at lives until its end.
    do {
      assert.ok(performance.now() < end, 'it is not collected');
      await new Promise((resolve) => setImmediate(resolve));
      global.gc?.();
    } while (kept.some((reference) => reference.deref() !== undefined));
    // Its memory is given back in the turns after.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  },
  'worker threads are ended': async (work) => {
    for (let round = 0; round < 4; round++) {
      const worker = new Worker(import.meta.filename, { workerData: work });
      await new Promise((working, failed) => worker.once('message', working).once('error', failed));
      await worker.terminate();
    }
    // What is left works.
    held = await works[work]!();
    process.exit(0);
  },
};

if (isMainThread) {
  const [, , work, ending] = process.argv;
  if (work !== undefined && ending !== undefined) await endings[ending]!(work);
} else {
  held = await works[String(workerData)]!();
  parentPort?.postMessage(held !== null);
}

export const workNames = Object.keys(works);
export const endingNames = Object.keys(endings);
