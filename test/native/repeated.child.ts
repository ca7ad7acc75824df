// SPDX-License-Identifier: Apache-2.0
// Starts and stops one class of the addon, `repeated.child.js WORK ROUNDS`, and prints by how many bytes of memory as
// many rounds again made the process grow, the least of three times. Made for leaks.test.ts, in a network namespace of its own.

import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSearchQuery } from '../../src/flow/search-query.js';
import { addon } from '../../src/native/addon.js';

const root = join(import.meta.dirname, '../../..');
const pcaps = join(root, 'test/golden/pcap');
const everything = encodeSearchQuery({});
const live = { interface: 'lo', updateMs: 1, ringBytes: 1 << 18 };
const ready = () => {};

function datagram(): Promise<void> {
  const socket = createSocket('udp4');
  return new Promise((sent) => socket.send('x', 9, '127.0.0.1', () => socket.close(() => sent())));
}

const files = readdirSync(pcaps)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => readFileSync(join(pcaps, name)));

function flowMessages(): Buffer[] {
  const options = {
    ipDefrag: true,
    reassembleTcp: true,
    extraTcpMetric: true,
    extraLayers: 7,
    rawPacketLimit: 2,
  };
  return files.flatMap((bytes) => {
    const table = new (addon().FlowTable)(options);
    table.feed(bytes);
    table.update(1_500_000_000_000);
    table.query(everything);
    return table.stop(10_000) ?? [];
  });
}

export const rounds: { readonly [name: string]: () => Promise<void> } = {
  'a capture': async () => {
    const capture = new (addon().PacketCapture)(live, ready);
    await datagram();
    await capture.query(everything);
    capture.stats();
    capture.stop();
    capture.take(10);
  },
  'a deferred capture': async () => {
    const capture = new (addon().PacketCapture)({ ...live, deferred: true, filter: 'udp' }, ready);
    await capture.open();
    await datagram();
    await capture.end();
  },
  'an eBPF capture': async () => {
    const capture = new (addon().EbpfCapture)({ ...live, pollMs: 5, kernelFlows: 100 }, ready);
    await datagram();
    capture.stop();
  },
  'capture files': async () => {
    flowMessages();
  },
  'a flow store': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skydive-leaks-'));
    const store = new (addon().FlowStore)({ folder, windowFlows: 30 });
    await store.open();
    const intake = new (addon().FlowIntake)({ store, bulkDelayMs: 1 }, ready);
    intake.want(true);
    for (const message of flowMessages()) intake.put(message);
    await intake.drain();
    intake.take();
    const { handle } = await store.search(everything, 0, 4e12, 1000, store.token());
    await store.read(handle, 0);
    await store.items('metrics', everything, 0, 4e12, 1000, store.token());
    await store.columns(['NodeTID'], everything, 0, 4e12, 1000, store.token());
    intake.close();
    await store.close();
    rmSync(folder, { recursive: true });
  },
  'a netlink monitor': async () => {
    const monitor = new (addon().NetlinkMonitor)(() => monitor.acknowledge());
    monitor.remove(monitor.add({}).id);
    monitor.close();
  },
  'an injection': async () => {
    const ends = { sourceIp: '127.0.0.1', destinationIp: '127.0.0.1', destinationPort: 9 };
    const kind = { transport: 'udp', ipv6: false, ethernet: true, count: 3 } as const;
    await new Promise<void>((done) => {
      const injection = new (addon().PacketInjection)({ interface: 'lo', ...ends, ...kind }, () => {
        injection.stop();
        done();
      });
    });
  },
  'filters and patterns': async () => {
    new (addon().PacketFilter)('tcp port 80', 1, 96).test(Buffer.alloc(60));
    new (addon().Regexp)('a.*b').testAll(['ab', 'ba']);
    await addon().bcrypt('secret', '$2b$04$abcdefghijklmnopqrstuu');
  },
};

const [, , work, count] = process.argv;
if (work !== undefined && count !== undefined) {
  const collect = async () => {
    for (let i = 0; i < 5; i++) {
      global.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage.rss();
  };
  const many = Number(count);
  for (let round = 0; round < many; round++) await rounds[work]!();
  // A leak shows each time, memory that settles only at first.
  let grown = Number.POSITIVE_INFINITY;
  for (let block = 0; block < 3; block++) {
    const before = await collect();
    for (let round = 0; round < many; round++) await rounds[work]!();
    grown = Math.min(grown, (await collect()) - before);
  }
  const watched = readFileSync('/proc/self/maps', 'utf8').includes('liblsan');
  process.stdout.write(JSON.stringify({ grown, watched }));
}
