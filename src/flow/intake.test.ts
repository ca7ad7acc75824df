// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Logger } from '../log/logger.js';
import { silentLogger } from '../log/logger.js';
import { type CaptureStatsJson, FlowIntake, type FlowIntakeOptions, type FlowJson } from './intake.js';
import { flowsOfPcap } from './pcap.js';

const root = join(import.meta.dirname, '../../..');
const captures = ['test/golden/pcap', '../shared/pcap']
  .map((path) => join(root, path))
  .filter((path) => existsSync(path))
  .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
  .filter((path) => path.endsWith('.pcap'));

/** The flows of a capture file, as messages of so many flows, or as JSON. */
async function flowsOf(path: string, format: 'protobuf' | 'json', flowsPerMessage: number) {
  const messages: Buffer[] = [];
  const options = {
    format,
    flowsPerMessage,
    nodeTid: 'tid',
    captureId: 'cap',
    extraTcpMetric: true,
    ipDefrag: true,
    reassembleTcp: true,
    extraLayers: 7,
    rawPacketLimit: 2,
  } as const;
  await flowsOfPcap(createReadStream(path), options, (batch) => void messages.push(...batch));
  return messages;
}

function intakeFor(t: TestContext, options: Partial<FlowIntakeOptions> = {}) {
  const taken: { flows: FlowJson[]; stats: CaptureStatsJson[] } = { flows: [], stats: [] };
  const intake = new FlowIntake(
    { maxFlows: 100_000, bulkDelayMs: 5, logger: silentLogger, ...options },
    { flows: (flows) => void taken.flows.push(...flows), stats: (stats) => void taken.stats.push(stats) },
  );
  intake.want(true);
  t.after(() => intake.stop());
  return { intake, taken };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'not within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

for (const [name, flowsPerMessage] of [
  ['single flows', 1],
  ['tens', 10],
] as const) {
  test(`flows that arrive in messages of ${name} are those that the table shows as JSON`, async (t) => {
    assert.ok(captures.length > 0);
    const { intake, taken } = intakeFor(t);
    for (const path of captures) {
      taken.flows.length = 0;
      const wanted = (await flowsOf(path, 'json', 1000)).flatMap((text) => JSON.parse(String(text)));
      for (const message of await flowsOf(path, 'protobuf', flowsPerMessage)) intake.put(message);
      await intake.drain();
      await until(() => taken.flows.length >= wanted.length);
      assert.deepEqual(taken.flows, wanted, path);
      assert.deepEqual(taken.flows.map(Object.keys), wanted.map(Object.keys), path);
    }
    assert.equal(intake.counters().malformed, 0);
  });
}

const message = Buffer.from(
  '0ace010a1032356133353961326366646233356236121145746865726e65742f495076342f5443501a035443505080b0def7d32b5880b0def7d32ba201261a1130323a30303a30303a30303a30303a3031221130323a30303a30303a30303a30303a3032aa011608011a0831302e302e302e31220831302e302e302e32b20107080210e8071850820212100118363080b0def7d32b3880b0def7d32b8a0203746964920203636170920310633939303538383630623835313331669a031062636138393139653830323739343334e00301',
  'hex',
);
const stats = Buffer.from('12090a036361701003300a', 'hex');
/** What the original's own encoder made the message of. */
const flow = {
  UUID: '25a359a2cfdb35b6',
  LayersPath: 'Ethernet/IPv4/TCP',
  Application: 'TCP',
  Link: { Protocol: 'ETHERNET', A: '02:00:00:00:00:01', B: '02:00:00:00:00:02', ID: 0 },
  Network: { Protocol: 'IPV4', A: '10.0.0.1', B: '10.0.0.2', ID: 0 },
  Transport: { Protocol: 'TCP', A: 1000, B: 80, ID: 0 },
  Metric: {
    ABPackets: 1,
    ABBytes: 54,
    BAPackets: 0,
    BABytes: 0,
    Start: 1_500_000_000_000,
    Last: 1_500_000_000_000,
  },
  Start: 1_500_000_000_000,
  Last: 1_500_000_000_000,
  TrackingID: 'c99058860b85131f',
  L3TrackingID: 'bca8919e80279434',
  ParentUUID: '',
  NodeTID: 'tid',
  CaptureID: 'cap',
  RawPacketsCaptured: 0,
  FinishType: 1,
};

test('datagrams are taken, flows and reports of captures', async (t) => {
  const { intake, taken } = intakeFor(t);
  const port = intake.listen('127.0.0.1', 0);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const bytes of [message, stats]) socket.send(bytes);
  await until(() => taken.flows.length > 0 && taken.stats.length > 0);
  assert.deepEqual(taken.flows, [flow]);
  assert.deepEqual(taken.stats, [
    {
      CaptureID: 'cap',
      FlowCount: 3,
      FlowDropped: 0,
      KernelFlowDropped: 0,
      PacketsDropped: 0,
      PacketsReceived: 10,
    },
  ]);
  assert.equal(intake.counters().datagrams, 2);
});

test('an address that is taken is refused with what to do', (t) => {
  const { intake } = intakeFor(t);
  const port = intake.listen('127.0.0.1', 0);
  const { intake: second } = intakeFor(t);
  assert.throws(() => second.listen('127.0.0.1', port), {
    code: 'SKY_E_ADDRESS',
    message: `cannot receive flows on UDP 127.0.0.1:${port}: Address already in use; change analyzer.listen, or set flow.protocol to websocket`,
  });
});

test('of a malformed message nothing is taken, it is counted and said once', async (t) => {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (line) => void lines.push(line) };
  const { intake, taken } = intakeFor(t, { logger });
  const port = intake.listen('127.0.0.1', 0);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // Every cut of a good message, one whose second flow is none, and noise.
  const broken = Buffer.concat([message, Buffer.from('0a02a201', 'hex')]);
  const hostile = [broken, Buffer.from('ffffffffffffffffffffff', 'hex'), Buffer.alloc(60_000, 0x0a)];
  for (let size = 0; size < message.length; size++) hostile.push(message.subarray(0, size));
  for (const bytes of hostile) socket.send(bytes);
  for (const bytes of hostile) intake.put(bytes);
  await until(() => intake.counters().datagrams === hostile.length);
  intake.put(message);
  await intake.drain();
  await until(() => taken.flows.length > 0);
  assert.deepEqual(taken.flows, [flow]);
  assert.equal(intake.counters().malformed, 2 * hostile.length);
  intake.stop();
  const said = lines.map((line) => Number(/^(\d+) flow messages are malformed/.exec(line)?.[1]));
  assert.equal(
    said.reduce((sum, count) => sum + count, 0),
    2 * hostile.length,
    lines.join('\n'),
  );
});

test('flows beyond the queue are dropped and counted, the intake goes on', async (t) => {
  const { intake } = intakeFor(t, { maxFlows: 5, bulkDelayMs: 60_000 });
  const seven = Buffer.concat(Array.from({ length: 7 }, () => message));
  intake.put(seven);
  intake.put(message);
  assert.deepEqual((({ flows, dropped, waiting }) => ({ flows, dropped, waiting }))(intake.counters()), {
    flows: 5,
    dropped: 3,
    waiting: 5,
  });
  await intake.drain();
  intake.put(message);
  await intake.drain();
  assert.deepEqual((({ flows, dropped, handled }) => ({ flows, dropped, handled }))(intake.counters()), {
    flows: 6,
    dropped: 3,
    handled: 6,
  });
});
