// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { addon } from '../native/addon.js';
import type { NativeFlowTableOptions } from '../native/flow-table.js';
import type { Flow } from './flow.js';
import { flowsOf } from './flow-set.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const everything: NativeFlowTableOptions = {
  nodeTid: 'tid',
  captureId: 'cap',
  extraTcpMetric: true,
  reassembleTcp: true,
  ipDefrag: true,
  extraLayers: 7,
  ordered: true,
  flowsPerMessage: 100_000,
};

/** The flows of a capture file, after an update, in one message. */
function message(path: string, options: NativeFlowTableOptions): Buffer {
  const table = new (addon().FlowTable)({ ...everything, ...options });
  table.feed(readFileSync(path));
  table.update(1_600_000_000_000);
  return table.flows()[0]!;
}

const folders = ['test/golden/pcap', '../shared/pcap'].map((folder) => join(root, folder));
const captures = folders.filter(existsSync).flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(folder, name)),
);

test('flows read from protobuf are those of the JSON, member for member', () => {
  let count = 0;
  for (const path of captures) {
    const decoded = [...flowsOf(message(path, {}))];
    const expected = message(path, { format: 'json' }).toString();
    // As text: the order of the members counts, too.
    assert.deepEqual(
      decoded.map((flow) => JSON.stringify(flow)),
      (JSON.parse(expected) as Flow[]).map((flow) => JSON.stringify(flow)),
      path,
    );
    count += decoded.length;
  }
  assert.ok(count > 20, `only ${count} flows in ${captures.length} files`);
});

test('raw packets come with their flow', () => {
  const path = captures.find((name) => name.includes('tcp')) ?? captures[0]!;
  const table = new (addon().FlowTable)({ ...everything, rawPacketLimit: 2 });
  table.feed(readFileSync(path));
  const [flow] = [...flowsOf(table.flows()[0]!)].filter(({ RawPacketsCaptured }) => RawPacketsCaptured > 1);
  assert.equal(flow?.RawPacketsCaptured, 2);
  assert.deepEqual(
    flow?.LastRawPackets?.map(({ Index, LinkType }) => ({ Index, LinkType })),
    [
      { Index: 1, LinkType: 1 },
      { Index: 2, LinkType: 1 },
    ],
  );
  assert.ok(Buffer.from(flow!.LastRawPackets![0]!.Data, 'base64').length >= 14);
});

test('numbers below zero and beyond 32 bits are read', () => {
  // Flow { Start: -1, Last: 2^40, Metric { ABBytes: -5 } }
  const start = [0x50, ...Array(9).fill(0xff), 0x01];
  const last = [0x58, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];
  const metric = [0x82, 0x02, 11, 0x18, 0xfb, ...Array(8).fill(0xff), 0x01];
  const flow = [...start, ...last, ...metric];
  const [read] = [...flowsOf(Buffer.from([0x0a, flow.length, ...flow]))];
  assert.equal(read?.Start, -1);
  assert.equal(read?.Last, 2 ** 40);
  assert.equal(read?.Metric?.ABBytes, -5);
});

test('what is no flow is refused, whatever it is', () => {
  const sound = message(captures[0]!, {});
  const refusals: string[] = [];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 5 }),
      fc.nat(sound.length),
      (changes, length) => {
        const bytes = Buffer.from(sound.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        try {
          for (const { UUID, Start } of flowsOf(bytes)) {
            assert.equal(typeof UUID, 'string');
            assert.equal(typeof Start, 'number');
          }
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'SKY_E_WIRE');
          refusals.push(String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(refusals.length > 100);
});
