// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets start from: the golden captures, those of ../shared/pcap where it is, and for what no capture
// holds (sFlow, NetFlow, IPFIX, pcapng, queries) messages made here.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');

const captures = [join(root, 'test/golden/pcap'), join(root, '../shared/pcap')]
  .filter((path) => existsSync(path))
  .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
  .filter((path) => path.endsWith('.pcap'))
  .map((path) => ({ name: basename(path), bytes: readFileSync(path) }));

const u16 = (value) => Buffer.from([value >> 8, value & 255]);
const u32 = (...values) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
};

/** Link type and packets of a capture file in little-endian pcap, as the golden ones are. */
function packetsOf(bytes) {
  const packets = [];
  for (let offset = 24; offset + 16 <= bytes.length; ) {
    const captured = bytes.readUInt32LE(offset + 8);
    packets.push(bytes.subarray(offset + 16, offset + 16 + captured));
    offset += 16 + captured;
  }
  return { linkType: bytes.readUInt32LE(20), packets };
}

/** A capture as the packet target reads it: options, link type, room, then its packets. */
function train({ bytes }, options) {
  const linkTypes = [1, 1, 1, 0, 9, 12, 101, 108, 113, 228, 229];
  const { linkType, packets } = packetsOf(bytes);
  const parts = [Buffer.from([options, linkTypes.indexOf(linkType), 255])];
  for (const packet of packets.slice(0, 8)) {
    const data = packet.subarray(0, 1600);
    parts.push(u16(data.length), Buffer.from([0]), data);
  }
  return Buffer.concat(parts);
}

/** The flows of a capture as messages, where the addon is built. */
function messagesOf(bytes) {
  const path = join(root, 'build/Release/skydive.node');
  if (!existsSync(path)) return [];
  const { FlowTable } = createRequire(import.meta.url)(path);
  const table = new FlowTable({ extraLayers: 7, extraTcpMetric: true, ipDefrag: true, rawPacketLimit: 2 });
  table.feed(bytes);
  return table.stop(100) ?? [];
}

/** The same packets as pcapng: a section, an interface, and an enhanced block for each packet. */
function pcapng({ bytes }) {
  const { linkType, packets } = packetsOf(bytes);
  const block = (type, body) => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(type, 0);
    head.writeUInt32LE(padded.length + 12, 4);
    return Buffer.concat([head, padded, head.subarray(4)]);
  };
  const little = (...values) => u32(...values).swap32();
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([little(0x1a2b3c4d, 1), Buffer.alloc(8, 255)])),
    block(1, Buffer.concat([Buffer.from([linkType, 0, 0, 0]), little(65535)])),
    ...packets
      .slice(0, 4)
      .map((packet) => block(6, Buffer.concat([little(0, 5, 7, packet.length, packet.length), packet]))),
  ]);
}

/** A datagram with the first packets of a capture as samples, plain and expanded, and counters of an interface. */
function sflow({ bytes }) {
  const record = (format, body) =>
    Buffer.concat([u32(format, body.length), body, Buffer.alloc(-body.length & 3)]);
  const samples = packetsOf(bytes)
    .packets.slice(0, 4)
    .map((packet, at) => {
      const header = Buffer.concat([u32(1, packet.length + 4, 4, packet.length), packet]);
      const padded = Buffer.concat([header, Buffer.alloc(-header.length & 3)]);
      const head = at % 2 === 0 ? u32(1, 2, 64, 64, 0, 3, 4, 1) : u32(1, 0, 2, 64, 64, 0, 0, 3, 0, 4, 1);
      return record(at % 2 === 0 ? 1 : 3, Buffer.concat([head, record(1, padded)]));
    });
  const counters = record(2, Buffer.concat([u32(1, 2, 1), record(1, Buffer.alloc(88, 1))]));
  return Buffer.concat([u32(5, 1, 0x7f000001, 0, 1, 1000, samples.length + 1), ...samples, counters]);
}

/** Datagrams that exporters sent: of softflowd those of NetFlow, each behind its length. */
const sent = (part) =>
  readdirSync(join(root, 'test/fixtures/exports'))
    .filter((name) => name.includes(part))
    .map((name) => ({ name, bytes: readFileSync(join(root, 'test/fixtures/exports', name)) }));

/** Datagrams of exporters, each behind its length, as the target reads them. */
function exported(...datagrams) {
  return Buffer.concat(datagrams.flatMap((datagram) => [u16(datagram.length), datagram]));
}

const set = (id, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(id), u16(body.length + 4), body]);
};
const fields = (...pairs) => Buffer.concat(pairs.flat().map(u16));
const ends = u32(0x0a000001, 0x0a000002);
const version5 = Buffer.concat([
  Buffer.concat([u16(5), u16(1), u32(60000, 1_700_000_000, 0, 10, 0)]),
  Buffer.concat([ends, u32(0), u32(0), u32(50, 5000, 10000, 20000), u16(1000), u16(80)]),
  Buffer.from([0, 0x1b, 6, 0]),
  u32(0, 0),
]);
const version9 = (...sets) =>
  Buffer.concat([u16(9), u16(sets.length), u32(60000, 1_700_000_000, 7, 1), ...sets]);
const ipfix = (...sets) => {
  const body = Buffer.concat(sets);
  return Buffer.concat([u16(10), u16(16 + body.length), u32(1_700_000_000, 0, 5), body]);
};
const plain = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [1, 4],
  [2, 4],
  [22, 4],
  [21, 4],
];
const plainTemplate = Buffer.concat([u16(256), u16(plain.length), fields(...plain)]);
const plainRecord = Buffer.concat([ends, u16(1000), u16(80), Buffer.from([6]), u32(5000, 50, 100, 200)]);
// IPv6, MAC addresses, times in several units, the way back, an element of an enterprise and one of any length.
const rich = [
  [27, 16],
  [28, 16],
  [56, 6],
  [80, 6],
  [152, 8],
  [153, 8],
  [4, 1],
  [32, 2],
];
const richTemplate = Buffer.concat([
  u16(257),
  u16(rich.length + 3),
  fields(...rich),
  Buffer.concat([u16(0x8001), u16(4), u32(29305), u16(0x8002), u16(4), u32(29305), u16(82), u16(65535)]),
]);
const richRecord = Buffer.concat([
  Buffer.alloc(16, 1),
  Buffer.alloc(16, 2),
  Buffer.alloc(12, 3),
  Buffer.alloc(19, 4),
]);
const richTail = Buffer.concat([u32(700, 7), Buffer.from([2, 0x6c, 0x6f])]);
const options = Buffer.concat([u16(258), u16(4), u16(4), fields([1, 4], [34, 4])]);

const from = (make) => () => captures.map((capture) => ({ name: capture.name, bytes: make(capture) }));
const named = (bytes) => bytes.map((one, at) => ({ name: `made-${at}`, bytes: one }));

/** Name of a target → the inputs that it starts from. */
export const seeds = {
  packet: () =>
    [0, 0xff, 0x0e].flatMap((bits) =>
      captures.map((capture) => ({ name: `${capture.name}-${bits}`, bytes: train(capture, bits) })),
    ),
  flow_message: () =>
    captures.flatMap(({ name, bytes }) =>
      messagesOf(bytes).map((message, index) => ({ name: `${name}-${index}`, bytes: message })),
    ),
  pcap_reader: () =>
    captures.flatMap((capture) => [
      { name: capture.name, bytes: Buffer.concat([Buffer.from([16]), capture.bytes.subarray(0, 4000)]) },
      { name: `${capture.name}ng`, bytes: Buffer.concat([Buffer.from([60]), pcapng(capture)]) },
    ]),
  sflow_reader: () => [...sent('sflow'), ...from(sflow)()],
  netflow_reader: () => [
    ...sent('netflow'),
    ...sent('ipfix'),
    ...named([
      exported(version5),
      exported(version9(set(0, plainTemplate), set(256, plainRecord)), version9(set(1, options))),
      exported(ipfix(set(2, plainTemplate), set(256, plainRecord, plainRecord)), ipfix(set(3, options))),
      exported(ipfix(set(2, richTemplate)), ipfix(set(257, richRecord, richTail))),
    ]),
  ],
  // Queries as they are sent, behind the 15 bytes of their envelope.
  query: () =>
    named(
      [
        'CgtTZWFyY2hRdWVyeRJZCjpCOAgBEjRCMhIXChUKCU5ldHdvcmsuQRIIMTAuOS4wLjISFwoVCglOZXR3b3JrLkISCDEwLjkuMC4yEgIQAxgBIAEqClRyYWNraW5nSUQyBVN0YXJ0OAE=',
        'CgtTZWFyY2hRdWVyeRJVClNCUQgBEhYiFAoQTWV0cmljLkFCUGFja2V0cxACEhpaGAoJTmV0d29yay5BEgsxMC45LjAuMC8yNBIZShcKCkxheWVyc1BhdGgSCV4uKlRDUC4qJA==',
      ].map((text) => Buffer.from(text, 'base64').subarray(15)),
    ),
};
