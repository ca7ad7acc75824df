// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { flowsOfPcap } from './pcap.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../test/golden/pcap');
const file = readFileSync(join(folder, 'transport.pcap'));
const options = { format: 'json', ordered: true, extraTcpMetric: true, reassembleTcp: true } as const;

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function flows(bytes: Uint8Array, size = bytes.length) {
  const texts: string[] = [];
  const result = await flowsOfPcap(pieces(bytes, size), options, (messages) => {
    texts.push(...messages.map(String));
  });
  const parsed = texts.flatMap((text) => JSON.parse(text) as { UUID: string; FinishType?: number }[]);
  return { result, parsed, uuids: parsed.map(({ UUID }) => UUID) };
}

/** The records of a little-endian pcap file. */
function records(pcap: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 24; at < pcap.length; ) {
    const size = 16 + pcap.readUInt32LE(at + 8);
    found.push(pcap.subarray(at, at + size));
    at += size;
  }
  return found;
}

function u16(value: number, big: boolean): Buffer {
  const bytes = Buffer.from([value >> 8, value & 0xff]);
  return big ? bytes : bytes.reverse();
}

function u32(value: number, big: boolean): Buffer {
  const halves = [u16(value >>> 16, big), u16(value & 0xffff, big)];
  return Buffer.concat(big ? halves : halves.reverse());
}

function block(type: number, body: Buffer, big: boolean): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const length = u32(padded.length + 12, big);
  return Buffer.concat([u32(type, big), length, padded, length]);
}

/** The same packets as pcapng, with nanosecond or 2⁻²⁰ s ticks. */
function pcapng(pcap: Buffer, big: boolean, resolution: number): Buffer {
  const section = Buffer.concat([u32(0x1a2b3c4d, big), u16(1, big), u16(0, big), Buffer.alloc(8, 0xff)]);
  const option = Buffer.concat([
    u16(9, big),
    u16(1, big),
    Buffer.from([resolution, 0, 0, 0]),
    Buffer.alloc(4),
  ]);
  const head = Buffer.concat([u16(1, big), u16(0, big), u32(0, big), option]);
  const perSecond = resolution === 9 ? 1_000_000_000n : 1n << 20n;
  const packets = records(pcap).map((record) => {
    const time = BigInt(record.readUInt32LE(0)) * 1_000_000n + BigInt(record.readUInt32LE(4));
    const ticks = (time * perSecond + 999_999n) / 1_000_000n;
    const fields = [
      0,
      Number(ticks >> 32n),
      Number(ticks & 0xffffffffn),
      record.length - 16,
      record.readUInt32LE(12),
    ];
    return block(6, Buffer.concat([...fields.map((field) => u32(field, big)), record.subarray(16)]), big);
  });
  const unknown = block(0x0bad, Buffer.from('skip me'), big);
  return Buffer.concat([block(0x0a0d0d0a, section, big), unknown, block(1, head, big), ...packets]);
}

/** The same packets in the other byte order, with nanoseconds. */
function swapped(pcap: Buffer): Buffer {
  const head = Buffer.concat([
    u32(0xa1b23c4d, true),
    u16(2, true),
    u16(4, true),
    Buffer.alloc(8),
    u32(65535, true),
    u32(1, true),
  ]);
  const body = records(pcap).map((record) => {
    const words = [
      record.readUInt32LE(0),
      record.readUInt32LE(4) * 1000,
      record.length - 16,
      record.readUInt32LE(12),
    ];
    return Buffer.concat([...words.map((word) => u32(word, true)), record.subarray(16)]);
  });
  return Buffer.concat([head, ...body]);
}

test('a file gives the flows that the end of a capture sends', async () => {
  const lines = readFileSync(join(folder, 'transport.flows'), 'utf8').trimEnd().split('\n');
  const expected = lines.slice(lines.indexOf('# stop') + 1).map((line) => JSON.parse(line) as unknown);
  const { result, parsed } = await flows(file);
  assert.ok(expected.length > 20);
  assert.deepEqual(parsed, expected);
  assert.equal(result.packets, records(file).length);
  assert.equal(result.error, undefined);
  // Those that ended with their first packet are not sent.
  assert.ok(result.stats.flowCount > parsed.length);
  assert.ok(parsed.every(({ FinishType }) => FinishType === 1));
});

test('pieces of any size give the same flows', async () => {
  const { uuids } = await flows(file);
  for (const size of [1, 7, 16, 100, 4096])
    assert.deepEqual((await flows(file, size)).uuids, uuids, `${size}`);
});

test('gzip, byte orders, resolutions and pcapng give the same flows', async () => {
  const { uuids } = await flows(file);
  const forms: Record<string, Buffer> = {
    gzip: gzipSync(file),
    'big endian nanoseconds': swapped(file),
    'pcapng little': pcapng(file, false, 9),
    'pcapng big': pcapng(file, true, 9),
    'pcapng binary ticks': pcapng(file, false, 0x94),
    'gzipped pcapng': gzipSync(pcapng(file, true, 9)),
  };
  for (const [name, bytes] of Object.entries(forms)) {
    assert.deepEqual((await flows(bytes, 333)).uuids, uuids, name);
  }
});

test('what is no capture file is refused', async () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.alloc(64),
    gzipSync('hello'),
  ]) {
    await assert.rejects(flows(bytes), { code: 'SKY_E_BAD_REQUEST', message: /not a pcap or pcapng file/ });
  }
  const version = Buffer.from(file);
  version[4] = 3;
  await assert.rejects(flows(version), { code: 'SKY_E_BAD_REQUEST', message: /version 3\.4/ });
});

test('a malformed record ends the reading, and what precedes it counts', async () => {
  const [first, second] = records(file) as [Buffer, Buffer];
  const good = Buffer.concat([file.subarray(0, 24), first]);
  const { uuids } = await flows(good);
  assert.equal(uuids.length, 1);
  const longer = Buffer.from(second);
  longer.writeUInt32LE(70000, 8);
  const beyond = Buffer.from(second);
  beyond.writeUInt32LE(second.length - 17, 12);
  const cases: [Buffer, RegExp][] = [
    [longer, /record 2 is longer than the file's snapshot length/],
    [beyond, /record 2 has more bytes than its packet had/],
    [second.subarray(0, 30), /ends inside record 2/],
  ];
  for (const [tail, message] of cases) {
    const { uuids: found, result } = await flows(Buffer.concat([good, tail]));
    assert.deepEqual(found, uuids);
    assert.match(result.error ?? '', message);
  }
});

test('the sink is waited for, and its failure comes out', async () => {
  await assert.rejects(
    flowsOfPcap(pieces(file, 100), { ...options, flowsPerMessage: 1 }, () =>
      Promise.reject(new Error('full')),
    ),
    /full/,
  );
});
