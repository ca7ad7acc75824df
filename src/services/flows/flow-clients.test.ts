// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../log/logger.js';
import { Pool } from '../../wire/pool.js';
import { shareWire } from '../../wire/shared.js';
import type { Speaker } from '../../wire/speaker.js';
import type { FlowClient, FlowClientStats } from './flow-client.js';
import { FlowClients } from './flow-clients.js';

class FakeClient implements FlowClient {
  readonly got: string[] = [];
  waiting = 0;
  closed = false;

  send(messages: readonly Buffer[]): void {
    this.got.push(...messages.map(String));
  }

  stats(): FlowClientStats {
    return { sent: this.got.length, dropped: 0, queued: this.waiting };
  }

  close(): void {
    this.closed = true;
  }
}

function setUp(random: () => number = () => 0) {
  const pool = new Pool();
  const { complaints } = shareWire({ log: silentLogger });
  const clients = new Map<string, FakeClient>();
  const open = ({ name }: Speaker): FlowClient => {
    const client = new FakeClient();
    clients.set(name, client);
    return client;
  };
  const sender = new FlowClients({ pool, open, complaints, random });
  const speaker = (name: string) => ({ name }) as Speaker;
  return { pool, complaints, clients, sender, speaker };
}

function leave(pool: Pool, speaker: Speaker): void {
  for (const work of pool.remove(speaker)) void work();
}

test('each batch goes to one analyzer that is connected, by chance', () => {
  const chances = [0, 0.99, 0.5];
  const { pool, clients, sender, speaker } = setUp(() => chances.shift()!);
  const first = speaker('an1');
  pool.add(first);
  sender.start();
  pool.add(speaker('an2'));
  sender.send([Buffer.from('a'), Buffer.from('b')]);
  sender.send([Buffer.from('c')]);
  leave(pool, first);
  sender.send([Buffer.from('d')]);
  assert.deepEqual(clients.get('an1')!.got, ['a', 'b']);
  assert.deepEqual(clients.get('an2')!.got, ['c', 'd']);
  assert.ok(clients.get('an1')!.closed);
  assert.deepEqual(sender.status(), { sent: 4, dropped: 0, queued: 0 });
});

test('what no analyzer takes is counted', () => {
  const { pool, complaints, clients, sender, speaker } = setUp();
  sender.start();
  sender.send([Buffer.from('a'), Buffer.from('b')]);
  assert.equal(complaints.count('unsent'), 1);
  const analyzer = speaker('an1');
  pool.add(analyzer);
  clients.get('an1')!.waiting = 3;
  leave(pool, analyzer);
  assert.deepEqual(sender.status(), { sent: 0, dropped: 5, queued: 0 });
});

test('the last flows have their time to go out', async () => {
  const { pool, clients, sender, speaker } = setUp();
  sender.start();
  pool.add(speaker('an1'));
  const client = clients.get('an1')!;
  client.waiting = 1;
  const stopped = sender.stop();
  assert.ok(!client.closed);
  client.waiting = 0;
  await stopped;
  assert.ok(client.closed);
  pool.add(speaker('an2'));
  assert.ok(!clients.has('an2'));
});
