// SPDX-License-Identifier: Apache-2.0
// Searches of a table of 500,000 flows, and reading answers. CPU time on the thread that searches; what the packets of
// that capture wait for is a slice of it, about a millisecond. `npm run bench -- flow-query`.

import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { flowsOf } from '../../src/flow/flow-set.js';
import { encodeSearchQuery, type SearchQuery } from '../../src/flow/search-query.js';
import { Scheduler } from '../../src/gremlin/scheduler.js';
import { addon } from '../../src/native/addon.js';
import { writeTraffic } from '../pcap/traffic.js';
import { sendLiveFrames } from '../traffic/live-frames.js';
import { VethNamespace } from '../traffic/veth.js';
import { median, type Row } from './row.js';

const flows = 500_000;
const runs = 3;

const queries: readonly (readonly [string, SearchQuery])[] = [
  ['all flows, encoded', {}],
  ['one address, none found', { Filter: { TermStringFilter: { Key: 'Network.A', Value: '192.0.2.1' } } }],
  ['an IPv4 range, none found', { Filter: { IPV4RangeFilter: { Key: 'Network.A', Value: '192.0.2.0/24' } } }],
  [
    'a pattern on LayersPath, none found',
    { Filter: { RegexFilter: { Key: 'LayersPath', Value: '^.*TCP.*$' } } },
  ],
  [
    'the 100 with most bytes',
    { PaginationRange: { To: 100 }, Sort: true, SortBy: 'Metric.ABBytes', SortOrder: 2 },
  ],
  ['the first 100 of each TrackingID', { PaginationRange: { To: 100 }, Dedup: true }],
];

function tableOf(path: string) {
  const table = new (addon().FlowTable)({
    maxEntries: flows,
    nodeTid: '2e7a8c1e-3c43-5a68-4b8f-4c1d2b3a4f5e',
    captureId: 'b3b1c0a2-6f0e-4c47-7d14-9a8b7c6d5e4f',
  });
  const buffer = Buffer.alloc(1 << 20);
  const file = openSync(path, 'r');
  for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
    table.feed(buffer.subarray(0, size));
  }
  closeSync(file);
  table.update(Date.now());
  return table;
}

/** Milliseconds of CPU. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function reading(set: Buffer): Promise<Row> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const scheduler = new Scheduler();
  delay.enable();
  const before = process.cpuUsage();
  let count = 0;
  for (const { UUID } of flowsOf(set)) {
    if (UUID !== '') count++;
    if ((count & 63) === 0 && scheduler.due()) await scheduler.pause();
  }
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return {
    measure: `${count} flows read from protobuf: longest delay of the event loop`,
    value: `${(delay.max / 1e6).toFixed(1)} ms`,
    cpu: `${((user + system) / count).toFixed(2)} µs a flow`,
  };
}

/** Packets lost of a capture whose table is searched all the time, beside what is lost of one that is not. */
async function whileCapturing(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const searched of [false, true]) {
    const veth = new VethNamespace('querybench');
    try {
      const live = new (addon().PacketCapture)(
        { interface: 'in', namespacePath: veth.path, maxEntries: flows, ringBytes: 4 << 20 },
        () => {},
      );
      const traffic = { namespace: veth.path, interface: 'out', rate: 200_000, flows };
      // Every flow once before it is measured.
      await sendLiveFrames({ ...traffic, packets: flows });
      const before = live.stats();
      let searching = searched;
      let searches = 0;
      const search = async () => {
        for (; searching; searches++) await live.query(encodeSearchQuery({}));
      };
      const ended = search();
      const { packets } = await sendLiveFrames({ ...traffic, packets: 1_000_000 });
      searching = false;
      await ended;
      const { packetsDropped, flowCount } = live.stats();
      live.stop();
      rows.push({
        measure: `${flowCount} flows, 200k packets/s, ${searched ? `${searches} searches for all flows meanwhile` : 'no search'}: packets lost`,
        value: `${packetsDropped - before.packetsDropped} of ${packets}`,
      });
    } finally {
      veth.remove();
    }
  }
  return rows;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flow-query-'));
  const path = join(folder, 'traffic.pcap');
  try {
    await writeTraffic(path, { packets: flows, flows, mix: 'udp64', seed: 1 });
    const table = tableOf(path);
    const rows: Row[] = queries.map(([measure, query]) => {
      const search = encodeSearchQuery(query);
      const times = Array.from({ length: runs }, () => cpuMs(() => void table.query(search)));
      return {
        measure: `${table.stats().flowCount} flows: ${measure}`,
        value: `${median(times).toFixed(0)} ms`,
        cpu: '',
      };
    });
    rows.push(await reading(table.query(encodeSearchQuery({ PaginationRange: { To: 100_000 } }))));
    if (process.getuid?.() === 0) rows.push(...(await whileCapturing()));
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
