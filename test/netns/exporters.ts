// SPDX-License-Identifier: Apache-2.0
// What exporters send, written from the protocols' documents: sFlow version 5 (sflow.org/sflow_version_5.txt),
// NetFlow version 5, NetFlow version 9 (RFC 3954), IPFIX (RFC 7011).

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ScratchNamespace } from './scratch-namespace.js';

const run = promisify(execFile);

/** Numbers of four bytes each, and bytes as they are. */
function packed(...parts: readonly (number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'number') return part;
      const word = Buffer.alloc(4);
      word.writeUInt32BE(part >>> 0);
      return word;
    }),
  );
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** A format, the length of what follows, and that. */
function record(format: number, ...parts: readonly (number | Uint8Array)[]): Buffer {
  const body = packed(...parts);
  return packed(format, body.length, body);
}

/** A sample of one packet whose frame had so many bytes; the switch cut off `stripped` of them. */
export function sampledPacket(header: Uint8Array, frameBytes: number, stripped = 4): Buffer {
  const raw = record(1, 1, frameBytes, stripped, header.length, padded(header));
  return record(1, 1, 2, 64, 64, 0, 3, 4, 1, raw);
}

/** Counters of an interface: bytes in and out. */
export function interfaceCounters(index: number, inOctets: number, outOctets: number): Buffer {
  const absent = 0xffffffff;
  const counters = record(
    1,
    ...[index, 6, 0, 10_000, 1, 3],
    ...[0, inOctets, 0, absent, absent, 0, 0, absent],
    ...[0, outOctets, 0, absent, absent, 0, 0],
  );
  return record(2, 1, index, 1, counters);
}

/** Counters of a datapath of Open vSwitch. */
export function datapathCounters(hits: number, missed: number): Buffer {
  return record(2, 1, 1, 1, record(2207, hits, missed, 0, 0, 0, 0));
}

export function sflowDatagram(sequence: number, ...samples: readonly Uint8Array[]): Buffer {
  return packed(5, 1, 0x7f000001, 0, sequence, 1000, samples.length, ...samples);
}

/** Ethernet, IPv4 and UDP around nothing, from 10.7.0.1 to 10.7.0.2. */
export function udpFrame(fromPort: number, toPort: number): Buffer {
  return Buffer.concat([
    Buffer.from('020000000002' + '020000000001' + '0800', 'hex'),
    Buffer.from('4500001c' + '00010000' + '4011' + '0000' + '0a070001' + '0a070002', 'hex'),
    Buffer.from([fromPort >> 8, fromPort & 255, toPort >> 8, toPort & 255, 0, 8, 0, 0]),
  ]);
}

export interface ExportedRecord {
  readonly source: number;
  readonly destination: number;
  readonly ports: readonly [source: number, destination: number];
  readonly protocol: number;
  readonly packets: number;
  readonly bytes: number;
}

/** NetFlow 5, an exporter that has run for a minute; the flow was seen from 20 to 10 seconds ago. */
export function netflow5({ source, destination, ports, protocol, packets, bytes }: ExportedRecord): Buffer {
  return packed(
    ...[(5 << 16) | 1, 60_000, 0, 0, 0, 0],
    ...[source, destination, 0, 0, packets, bytes, 40_000, 50_000],
    ...[(ports[0] << 16) | ports[1], protocol << 8, 0, 0],
  );
}

/** The fields of `ExportedRecord`, four bytes each. */
const template = [(256 << 16) | 7, ...[8, 12, 7, 11, 4, 2, 1].map((id) => (id << 16) | 4)];

function fields({ source, destination, ports, protocol, packets, bytes }: ExportedRecord): number[] {
  return [source, destination, ...ports, protocol, packets, bytes];
}

function flowSet(id: number, words: readonly number[]): Buffer {
  return packed((id << 16) | (4 + words.length * 4), ...words);
}

export function netflow9(sequence: number, record: ExportedRecord): Buffer {
  const seconds = Math.floor(Date.now() / 1000);
  return packed(
    ...[(9 << 16) | 2, 60_000, seconds, sequence, 1],
    flowSet(0, template),
    flowSet(256, fields(record)),
  );
}

/** `withTemplate`: else the exporter has told it before. */
export function ipfix(sequence: number, record: ExportedRecord, withTemplate = true): Buffer {
  const sets = Buffer.concat([...(withTemplate ? [flowSet(2, template)] : []), flowSet(256, fields(record))]);
  const seconds = Math.floor(Date.now() / 1000);
  return packed((10 << 16) | (16 + sets.length), seconds, sequence, 1, sets);
}

/** Sends datagrams from a namespace, one after the other, from one port. */
export async function sendDatagrams(
  from: ScratchNamespace,
  address: string,
  port: number,
  datagrams: readonly Uint8Array[],
): Promise<void> {
  const program = `
    const socket = require('dgram').createSocket('udp4');
    const datagrams = ${JSON.stringify(datagrams.map((bytes) => Buffer.from(bytes).toString('base64')))};
    const next = () => {
      const datagram = datagrams.shift();
      if (datagram === undefined) socket.close();
      else socket.send(Buffer.from(datagram, 'base64'), ${port}, '${address}', next);
    };
    next();`;
  await run('ip', ['netns', 'exec', from.name, process.execPath, '-e', program]);
}
