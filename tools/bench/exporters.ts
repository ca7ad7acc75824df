// SPDX-License-Identifier: Apache-2.0
// What exporters send, into flows: processor time of the agent for a record of NetFlow and IPFIX and for a packet that
// sFlow sampled, the datagrams' way through the kernel included.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addon } from '../../src/native/addon.js';
import type { NativeDatagramCaptureInstance } from '../../src/native/datagram-capture.js';
import { sampledPacket, sflowDatagram, udpFrame } from '../../test/netns/exporters.js';
import { pause } from './asker.js';
import type { Row } from './row.js';

const flows = 100_000;
const rounds = 20;
const recordsEach = 30;
const samplesEach = 8;

/** Sends the datagrams of a file over and over, each behind its length; waits a moment now and then, to lose none. */
const sender = `
  const { readFileSync } = require('node:fs');
  const bytes = readFileSync(process.argv[1]);
  const port = Number(process.argv[2]);
  const datagrams = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    datagrams.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const socket = require('dgram').createSocket('udp4');
  let left = datagrams.length * ${rounds};
  const next = () => {
    for (let i = 0; i < 64 && left > 0; i += 1) socket.send(datagrams[--left % datagrams.length], port, '127.0.0.1');
    if (left > 0) setTimeout(next, 1);
    else socket.send(datagrams[0], port, '127.0.0.1', () => socket.close());
  };
  socket.bind(0, '127.0.0.1', next);`;

function netflow5(first: number): Buffer {
  const datagram = Buffer.alloc(24 + recordsEach * 48);
  datagram.writeUInt16BE(5, 0);
  datagram.writeUInt16BE(recordsEach, 2);
  datagram.writeUInt32BE(60_000, 4);
  for (let at = 0; at < recordsEach; at += 1) {
    const record = datagram.subarray(24 + at * 48);
    record.writeUInt32BE(0x0a000000 + first + at, 0);
    record.writeUInt32BE(0x0b000001, 4);
    record.writeUInt32BE(10, 16);
    record.writeUInt32BE(5000, 20);
    record.writeUInt32BE(40_000 + (first % 10_000), 24);
    record.writeUInt32BE(50_000, 28);
    record.writeUInt16BE(1000, 32);
    record.writeUInt16BE(80, 34);
    record[38] = 6;
  }
  return datagram;
}

const fields = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [1, 4],
  [2, 4],
  [152, 8],
  [153, 8],
] as const;

function ipfix(first: number): Buffer {
  const recordBytes = fields.reduce((sum, [, length]) => sum + length, 0);
  const template = Buffer.from([0, 2, 0, 8 + fields.length * 4, 1, 0, 0, fields.length]);
  const layout = Buffer.alloc(fields.length * 4);
  for (const [at, [id, length]] of fields.entries()) {
    layout.writeUInt16BE(id, at * 4);
    layout.writeUInt16BE(length, at * 4 + 2);
  }
  const set = Buffer.alloc(4 + recordsEach * recordBytes);
  set.writeUInt16BE(256, 0);
  set.writeUInt16BE(set.length, 2);
  const now = BigInt(Date.now());
  for (let at = 0; at < recordsEach; at += 1) {
    const record = set.subarray(4 + at * recordBytes);
    record.writeUInt32BE(0x0a000000 + first + at, 0);
    record.writeUInt32BE(0x0b000001, 4);
    record.writeUInt16BE(1000, 8);
    record.writeUInt16BE(80, 10);
    record[12] = 6;
    record.writeUInt32BE(5000, 13);
    record.writeUInt32BE(10, 17);
    record.writeBigUInt64BE(now - BigInt(10_000 + (first % 10_000)), 21);
    record.writeBigUInt64BE(now - 5000n, 29);
  }
  const head = Buffer.alloc(16);
  head.writeUInt16BE(10, 0);
  head.writeUInt16BE(16 + template.length + layout.length + set.length, 2);
  head.writeUInt32BE(Number(now / 1000n), 4);
  return Buffer.concat([head, template, layout, set]);
}

function sflow(first: number): Buffer {
  const samples = Array.from({ length: samplesEach }, (_, at) => {
    const header = Buffer.concat([udpFrame(1000, 80), Buffer.alloc(86)]);
    header.writeUInt32BE(0x0a000000 + first + at, 26);
    return sampledPacket(header, 1504);
  });
  return sflowDatagram(first / samplesEach, ...samples);
}

interface Kind {
  readonly name: string;
  readonly each: number;
  readonly datagram: (first: number) => Buffer;
  readonly start: () => NativeDatagramCaptureInstance;
}

const listen = { address: '127.0.0.1', portMin: 24_160, portMax: 24_170, ringBytes: 32 << 20 };

const kinds: readonly Kind[] = [
  {
    name: 'records of NetFlow 5',
    each: recordsEach,
    datagram: netflow5,
    start: () => new (addon().NetflowCapture)(listen, () => {}),
  },
  {
    name: 'records of IPFIX',
    each: recordsEach,
    datagram: ipfix,
    start: () => new (addon().NetflowCapture)(listen, () => {}),
  },
  {
    name: 'packets sampled by sFlow',
    each: samplesEach,
    datagram: sflow,
    start: () => new (addon().SflowCapture)(listen, () => {}),
  },
];

async function measure({ name, each, datagram, start }: Kind, folder: string): Promise<Row> {
  const path = join(folder, 'datagrams');
  const parts: Buffer[] = [];
  for (let first = 0; first < flows; first += each) {
    const bytes = datagram(first);
    parts.push(Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes);
  }
  writeFileSync(path, Buffer.concat(parts));
  const capture = start();
  const { port } = capture.stats().listener;
  const before = process.cpuUsage();
  const child = spawn(process.execPath, ['-e', sender, path, String(port)], { stdio: 'inherit' });
  await once(child, 'exit');
  await pause(200);
  const { user, system } = process.cpuUsage(before);
  const { listener, flowCount } = capture.stats();
  capture.stop();
  const micros = (user + system) / listener.records;
  return {
    measure: `${name}, ${flows} flows, ${each} a datagram`,
    value: `${(1 / micros).toFixed(2)} M a CPU-second, ${flowCount} flows, ${listener.dropped} datagrams dropped`,
    cpu: `${micros.toFixed(3)} µs each (${((100 * system) / (user + system)).toFixed(0)} % of it in the kernel)`,
  };
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-exporters-'));
  try {
    const rows: Row[] = [];
    for (const kind of kinds) rows.push(await measure(kind, folder));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
