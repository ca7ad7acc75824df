// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { silentLogger } from '../../log/logger.js';
import { decodeJson } from '../../wire/codec-json.js';
import type { Outgoing } from '../../wire/outgoing.js';
import { Pool } from '../../wire/pool.js';
import { shareWire } from '../../wire/shared.js';
import type { Speaker } from '../../wire/speaker.js';
import type { TaskResource } from './message.js';
import { OnDemandServer, type TaskRunner } from './server.js';

interface Reply {
  readonly Namespace: string;
  readonly Type: string;
  readonly UUID: string;
  readonly Status: number;
  readonly Obj: unknown;
}

/** Tasks by `node resource`, with what was asked in order. */
class FakeRunner implements TaskRunner {
  readonly asked: string[] = [];
  readonly running = new Set<string>();

  async start(nodeId: string, { UUID }: TaskResource): Promise<void> {
    this.asked.push(`start ${nodeId} ${UUID}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (nodeId === 'missing') throw new SkydiveError('SKY_E_GRAPH_NOT_FOUND', 'no such node');
    if (nodeId === 'broken') throw new SkydiveError('SKY_E_PROBE', `${UUID} on broken: it is down`);
    if (this.running.has(`${nodeId} ${UUID}`)) throw new SkydiveError('SKY_E_PROBE', 'runs already');
    this.running.add(`${nodeId} ${UUID}`);
  }

  async stop(nodeId: string, id: string): Promise<void> {
    this.asked.push(`stop ${nodeId} ${id}`);
    if (!this.running.delete(`${nodeId} ${id}`)) {
      throw new SkydiveError('SKY_E_GRAPH_NOT_FOUND', 'no such task');
    }
  }
}

function scene() {
  const pool = new Pool();
  const runner = new FakeRunner();
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const { complaints } = shareWire({ log: silentLogger });
  const server = new OnDemandServer({ kind: 'Capture', pool, runner, complaints, logger });
  server.start();
  const replies: Reply[] = [];
  const speaker = {
    name: 'an1',
    send: (message: Outgoing) => {
      replies.push(JSON.parse(String(message.encode('json'))) as Reply);
      return true;
    },
  } as unknown as Speaker;
  const receive = (message: object) => {
    const decoded = decodeJson(Buffer.from(JSON.stringify({ Namespace: 'OnDemandCapture', ...message })));
    for (const handle of pool.route(speaker, decoded)) void handle(decoded);
  };
  return { server, runner, replies, warnings, complaints, receive };
}

const Obj = (NodeID: string, UUID = 'c1') => ({
  NodeID,
  Resource: { UUID, Name: 'kept <as> it is', Odd: [1] },
});

const rows: [what: string, before: object[], message: object, type: string, status: number][] = [
  ['a start', [], { Type: 'Start', Obj: Obj('n1') }, 'StartReply', 200],
  [
    'a second start',
    [{ Type: 'Start', Obj: Obj('n1') }],
    { Type: 'Start', Obj: Obj('n1') },
    'StartReply',
    500,
  ],
  [
    'the same capture on another node',
    [{ Type: 'Start', Obj: Obj('n1') }],
    { Type: 'Start', Obj: Obj('n2') },
    'StartReply',
    200,
  ],
  ['a start on an unknown node', [], { Type: 'Start', Obj: Obj('missing') }, 'StartReply', 404],
  ['a start that fails', [], { Type: 'Start', Obj: Obj('broken') }, 'StartReply', 500],
  ['a stop', [{ Type: 'Start', Obj: Obj('n1') }], { Type: 'Stop', Obj: Obj('n1') }, 'StopReply', 200],
  ['a stop of nothing', [], { Type: 'Stop', Obj: Obj('n1') }, 'StopReply', 404],
  ['a type that there is none of', [], { Type: 'Pause', Obj: Obj('n1') }, 'PauseReply', 400],
];

for (const [what, before, message, type, status] of rows) {
  test(`${what} is answered ${status}`, async () => {
    const { server, replies, receive } = scene();
    for (const earlier of before) receive({ UUID: 'before', ...earlier });
    receive({ UUID: 'u1', ...message });
    await server.stop();
    assert.equal(replies.length, before.length + 1);
    assert.deepEqual(replies.at(-1), {
      Namespace: 'OnDemandCapture',
      Type: type,
      UUID: 'u1',
      Status: status,
      Obj: (message as { Obj: unknown }).Obj,
    });
  });
}

test('what cannot be read is counted, and not answered', async () => {
  const { server, replies, complaints, receive } = scene();
  const bad = [undefined, null, [], 'x', {}, { NodeID: 5, Resource: { UUID: 'c' } }, { NodeID: 'n' }];
  for (const obj of bad) receive({ Type: 'Start', UUID: 'u', ...(obj === undefined ? {} : { Obj: obj }) });
  receive({ Type: 'Start', UUID: 'u', Obj: { NodeID: 'n', Resource: {} } });
  await server.stop();
  assert.deepEqual(replies, []);
  assert.equal(complaints.count('malformedPayload'), bad.length + 1);
});

test('tasks are done in the order in which they were asked for', async () => {
  const { server, runner, replies, receive } = scene();
  receive({ Type: 'Start', UUID: '1', Obj: Obj('n1') });
  receive({ Type: 'Stop', UUID: '2', Obj: Obj('n1') });
  receive({ Type: 'Start', UUID: '3', Obj: Obj('n1') });
  await server.stop();
  assert.deepEqual(runner.asked, ['start n1 c1', 'stop n1 c1', 'start n1 c1']);
  assert.deepEqual(
    replies.map(({ UUID, Status }) => [UUID, Status]),
    [
      ['1', 200],
      ['2', 200],
      ['3', 200],
    ],
  );
});

test('a failure that repeats is logged once', async () => {
  const { server, warnings, receive } = scene();
  for (let i = 0; i < 3; i++) receive({ Type: 'Start', UUID: `${i}`, Obj: Obj('broken') });
  receive({ Type: 'Start', UUID: 'x', Obj: Obj('broken', 'c2') });
  await server.stop();
  assert.deepEqual(warnings, ['c1 on broken: it is down', 'c2 on broken: it is down']);
});
