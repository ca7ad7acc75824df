// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../test/netns/eventually.js';
import { pcap } from '../../tools/pcap/frames.js';
import { addon } from './addon.js';
import type { NativePcapSocketCaptureOptions } from './pcap-socket-capture.js';

const ports = { minPort: 24_250, maxPort: 24_269 };

function capture(t: TestContext, options: Partial<NativePcapSocketCaptureOptions> = {}) {
  const started = new (addon().PcapSocketCapture)({ address: '127.0.0.1', ...ports, ...options }, () => {});
  t.after(() => started.stop());
  const streams = () => started.stats().streams!;
  return { started, streams, port: Number(streams().address.split(':').at(-1)) };
}

async function sender(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  // Some are closed on by the capture on purpose.
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** A frame of UDP from this port. */
function frame(port: number): Buffer {
  const ethernet = Buffer.from('020000000002020000000001' + '0800', 'hex');
  const ip = Buffer.from('4500001c00010000401166ce0a0000010a000002', 'hex');
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(port, 0);
  udp.writeUInt16BE(9, 2);
  udp.writeUInt16BE(8, 4);
  return Buffer.concat([ethernet, ip, udp]);
}

const header = pcap(1, []).subarray(0, 24);

/** A record of a capture file. */
function record(seconds: number, port: number): Buffer {
  const bytes = frame(port);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(seconds, 0);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([head, bytes]);
}

test('the header that these tests write is that of a little-endian file', () => {
  assert.equal(header.readUInt32LE(0), 0xa1b2c3d4);
});

test('captures take the first port that is free', async (t) => {
  const taken = createServer().listen(ports.minPort, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.after(() => taken.close());
  const [first, second] = [capture(t), capture(t)];
  assert.deepEqual([first.port, second.port], [ports.minPort + 1, ports.minPort + 2]);
  assert.throws(
    () => capture(t, { maxPort: ports.minPort + 2 }),
    /cannot listen on 127\.0\.0\.1, TCP ports 24250 to 24252: Address already in use/,
  );
  assert.throws(() => capture(t, { maxPort: 1 }), /there is no port from 24250 to 1/);
  first.started.stop();
  assert.equal(capture(t, { maxPort: ports.minPort + 1 }).port, first.port);
});

test('it listens on IPv6, too', (t) => {
  assert.equal(capture(t, { address: '::1' }).streams().address, `[::1]:${ports.minPort}`);
});

test('a filter that does not compile is refused at once', (t) => {
  assert.throws(() => capture(t, { filter: 'no such thing' }), /syntax error/);
});

test('a stream that goes on counts as it comes, and what is cut off ends alone', async (t) => {
  const { started, streams, port } = capture(t);
  const [good, cut] = [await sender(t, port), await sender(t, port)];
  good.write(header);
  cut.write(Buffer.concat([header, record(1, 7)]).subarray(0, -1));
  cut.end();
  await eventually(() => assert.deepEqual([streams().open, streams().failed], [1, 1]));
  assert.match(streams().error ?? '', /inside record 1/);
  for (const [packets, port] of [
    [1, 1],
    [2, 2],
  ] as const) {
    good.write(record(1, port));
    await eventually(() => assert.equal(started.stats().packets, packets));
  }
  good.end();
  await eventually(() => {
    const { open, ended, failed } = streams();
    assert.deepEqual([open, ended, failed], [0, 2, 1]);
  });
  assert.equal(started.stats().flowCount, 2);
});

test('a packet that is far in the future holds its own stream only, and not the end', async (t) => {
  const { started, streams, port } = capture(t);
  const [slow, other] = [await sender(t, port), await sender(t, port)];
  slow.write(Buffer.concat([header, record(0, 1), record(4_000_000_000, 2)]));
  // What comes behind it stays where it is: nobody reads it.
  const rest = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => record(4_000_000_000, i)));
  for (let i = 0; i < 20; i += 1) slow.write(rest);
  other.write(Buffer.concat([header, record(0, 3), record(0, 4)]));
  await eventually(() => assert.equal(started.stats().packets, 3));
  assert.ok(slow.writableLength > 0, 'the sender could send everything');
  slow.resetAndDestroy();
  assert.equal(streams().open, 2);
  started.stop();
  assert.equal(started.stats().packets, 3);
});

test('more senders than there is room for are refused, and counted', async (t) => {
  const { streams, port } = capture(t);
  const senders: Socket[] = [];
  for (let i = 0; i < 33; i += 1) senders.push(await sender(t, port));
  await eventually(() => assert.deepEqual([streams().open, streams().refused], [32, 1]));
  assert.match(streams().error ?? '', /there are 32 already/);
  senders[0]!.end(header);
  await eventually(() => assert.equal(streams().open, 31));
  const late = await sender(t, port);
  late.write(header);
  await eventually(() => assert.equal(streams().open, 32));
});

test('a sender that says nothing loses its place', async (t) => {
  const { streams, port } = capture(t, { headerMs: 1 });
  const silent = await sender(t, port);
  const closed = new Promise((resolve) => silent.once('close', resolve));
  silent.resume();
  await eventually(() => assert.deepEqual([streams().open, streams().failed], [0, 1]));
  await closed;
});
