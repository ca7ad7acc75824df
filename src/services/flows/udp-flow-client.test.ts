// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../log/logger.js';
import { addon } from '../../native/addon.js';
import { type Clock, systemClock } from '../../wire/clock.js';
import { shareWire } from '../../wire/shared.js';
import { UdpFlowClient } from './udp-flow-client.js';

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function receiver(t: TestContext, type: 'udp4' | 'udp6' = 'udp4') {
  const socket = createSocket({ type, recvBufferSize: 1 << 20 });
  const got: string[] = [];
  socket.on('message', (message) => got.push(message.toString()));
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { port: socket.address().port, got };
}

function numbered(from: number, to: number): Buffer[] {
  return Array.from({ length: to - from }, (_, index) => Buffer.from(`message ${from + index}`));
}

for (const [type, host] of [
  ['udp4', '127.0.0.1'],
  ['udp6', '::1'],
] as const) {
  test(`messages arrive one a datagram, in order, over ${type}`, async (t) => {
    const { port, got } = await receiver(t, type);
    const client = new UdpFlowClient({ host, port, shared: shareWire({ log: silentLogger }) });
    t.after(() => client.close());
    // Before the address is known, and after.
    client.send(numbered(0, 10));
    await until('the first ones', () => got.length === 10);
    client.send(numbered(10, 500));
    await until('all', () => got.length === 500);
    assert.deepEqual(got, numbered(0, 500).map(String));
    assert.deepEqual(client.stats(), { sent: 500, dropped: 0, queued: 0 });
  });
}

test('a name that cannot be looked up is tried again; what does not fit meanwhile is counted', async (t) => {
  const { port, got } = await receiver(t);
  const retries: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (_ms, run) => {
      retries.push(run);
      return { stop: () => {} };
    },
  };
  const shared = shareWire({ log: silentLogger, clock });
  const answers = [() => Promise.reject(new Error('no such name')), () => Promise.resolve('127.0.0.1')];
  const resolve = () => answers.shift()!();
  const client = new UdpFlowClient({ host: 'analyzer', port, shared, resolve });
  t.after(() => client.close());
  client.send(numbered(0, 10_001));
  await until('the first attempt', () => retries.length === 1);
  assert.equal(shared.complaints.count('connectError'), 1);
  assert.deepEqual(client.stats(), { sent: 0, dropped: 1, queued: 10_000 });
  retries[0]!();
  await until('those that fit', () => client.stats().sent === 10_000);
  assert.ok(got.length > 0);
});

test('what nobody receives is counted', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((done) => socket.close(done));
  const sender = new (addon().UdpSender)({ address: '127.0.0.1', port });
  // The kernel tells of the first only when the second is sent.
  sender.send(numbered(0, 1));
  await until('the first', () => sender.stats().sent === 1);
  sender.send(numbered(1, 2));
  await until('the refusal', () => sender.stats().failed > 0);
  assert.match(sender.stats().error!, /refused/i);
  sender.close();
  assert.throws(() => sender.send([]), /closed/);
});

test('a full queue loses its oldest datagrams, and counts them', async (t) => {
  const { port, got } = await receiver(t);
  // One a second: all but what is sent at once waits.
  const sender = new (addon().UdpSender)({
    address: '127.0.0.1',
    port,
    queueBytes: 10,
    datagramsPerSecond: 1,
  });
  t.after(() => sender.close());
  sender.send([Buffer.from('first')]);
  await until('the first', () => got.length === 1);
  sender.send([...'abcdefghijklmno'].map((text) => Buffer.from(text)));
  const { sent, dropped, queued } = sender.stats();
  assert.deepEqual([sent, dropped, queued], [1, 5, 10]);
});

test('what is no address and no datagram is refused', () => {
  const { UdpSender } = addon();
  assert.throws(() => new UdpSender({ address: 'localhost', port: 1 }), /no IP address/);
  assert.throws(() => new UdpSender({} as never), /no IP address/);
  const sender = new UdpSender({ address: '127.0.0.1', port: 22_999 });
  assert.throws(() => sender.send(['text'] as never), TypeError);
  sender.close();
});
