// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import type { GraphSource } from '../../src/graph/view.js';
import { startTestAnalyzer, type TestAnalyzer } from './analyzer.js';
import { connectClient, type Envelope, type TestClient, until } from './client.js';

const path = '/ws/subscriber';

function fill({ graph }: TestAnalyzer): void {
  graph.addNode({ ID: 'a', Metadata: { Name: 'a', Type: 'host' } });
  graph.addNode({ ID: 'b', Metadata: { Name: 'b', Type: 'veth', '<&>': '\u2028' } });
  graph.link('a', 'b', { RelationType: 'ownership' }, 'ab');
}

async function ask(client: TestClient, uuid: string, obj: unknown): Promise<Envelope> {
  client.send('SyncRequest', obj, uuid);
  await until(`reply to ${uuid}`, () => client.got.some(({ UUID }) => UUID === uuid));
  return client.got.find(({ UUID }) => UUID === uuid)!;
}

/** IDs of a graph payload, or the payload itself. */
function shown(obj: unknown): unknown {
  if (typeof obj !== 'object' || obj === null) return obj;
  const { Nodes, Edges } = obj as { Nodes: { ID: string }[] | null; Edges: { ID: string }[] | null };
  const ids = (list: { ID: string }[] | null) => list?.map(({ ID }) => ID).sort();
  return [ids(Nodes) ?? null, ids(Edges) ?? null];
}

function kinds(messages: readonly Envelope[]): string[] {
  return messages.map(({ Type, Obj }) => `${Type} ${(Obj as { ID?: string })?.ID ?? ''}`);
}

const whole = [['a', 'b'], ['ab']];
const veth = "G.V().Has('Type','veth').SubGraph()";

/** Requests of one client, in order: payload, status and what the reply shows. */
const conversation: readonly [string, unknown, number, unknown][] = [
  ['null', null, 200, whole],
  ['nothing', {}, 200, whole],
  ['no filter', { GremlinFilter: null }, 200, whole],
  ['as Go clients ask', { TimeSlice: null, TimePoint: false, GremlinFilter: null }, 200, whole],
  ['another case', { gremlinfilter: null, TIME: 0 }, 200, whole],
  ['a time without history', { Time: 5 }, 400, null],
  ['a bad filter', { GremlinFilter: 'G.V(.' }, 400, "Invalid Gremlin filter 'G.V(.' for client c"],
  [
    'a filter that is no graph',
    { GremlinFilter: 'G.V()' },
    400,
    "Gremlin query 'G.V()' did not return a graph",
  ],
  ['still no filter', null, 200, whole],
  ['a filter', { Time: 0, GremlinFilter: veth }, 200, [['b'], null]],
  ['the last graph', null, 200, [['b'], null]],
  ['a bad filter again', { GremlinFilter: 'x' }, 400, "Invalid Gremlin filter 'x' for client c"],
  ['the filter is kept', {}, 200, [['b'], null]],
  ['a time and a filter', { Time: 5, GremlinFilter: 'G' }, 400, null],
  ['the filter is still kept', {}, 200, [['b'], null]],
  ['no filter any more', { GremlinFilter: '' }, 200, whole],
  ['the last graph after that', null, 200, null],
  ['a filter that shows everything', { GremlinFilter: 'G' }, 200, whole],
];

test('each variant of SyncRequest is answered as the original answers it', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  fill(analyzer);
  const client = await connectClient(t, analyzer.port, path, { 'X-Host-ID': 'c' });
  for (const [name, obj, status, expected] of conversation) {
    const reply = await ask(client, name, obj);
    assert.deepEqual([reply.Type, reply.Status, shown(reply.Obj)], ['SyncReply', status, expected], name);
  }
  assert.equal(client.got.length, conversation.length);
});

test('requests that are malformed, and other messages, get no answer', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const client = await connectClient(t, analyzer.port, path);
  client.send('SyncRequest', undefined, '1');
  client.send('SyncRequest', { GremlinFilter: 5 }, '2');
  client.send('SyncRequest', { Time: 'now' }, '3');
  client.send('SyncRequest', [], '4');
  client.send('Sync', { Nodes: [{ ID: 'x' }] }, '5');
  client.send('NodeAdded', { ID: 'x' }, '6');
  client.socket.send('{"Namespace":"Other","Type":"SyncRequest","UUID":"7","Obj":null}');
  const last = await ask(client, '8', null);
  assert.deepEqual(client.got, [last]);
  assert.deepEqual(last.Obj, { Nodes: null, Edges: null });
  assert.equal(analyzer.shared.complaints.count('malformedPayload'), 4);
});

test('a request without UUID is answered without one', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const client = await connectClient(t, analyzer.port, path);
  client.send('SyncRequest', null);
  await until('reply', () => client.got.length === 1);
  assert.deepEqual(Object.keys(client.got[0]!), ['Namespace', 'Type', 'Status', 'Obj']);
});

test('changes are told in full, or by operations to clients that ask for them', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph } = analyzer;
  fill(analyzer);
  const full = await connectClient(t, analyzer.port, path);
  const partial = await connectClient(t, analyzer.port, `${path}?x-update-policy=partial`);
  const upper = await connectClient(t, analyzer.port, path, { 'X-Update-Policy': 'PARTIAL' });
  graph.update('node', 'a', { set: { 'S.T': 1 }, delete: ['Type'] });
  graph.setMetadata('node', 'a', { Name: 'z' });
  graph.addMetadata('edge', 'ab', 'X', true);
  graph.deleteNode('b');
  await until('messages', () => [full, partial, upper].every(({ got }) => got.length === 5));
  const deleted = ['EdgeDeleted ab', 'NodeDeleted b'];
  assert.deepEqual(kinds(full.got), ['NodeUpdated a', 'NodeUpdated a', 'EdgeUpdated ab', ...deleted]);
  assert.deepEqual(kinds(upper.got), kinds(full.got));
  assert.deepEqual(kinds(partial.got), [
    'NodePartiallyUpdated a',
    'NodeUpdated a',
    'EdgePartiallyUpdated ab',
    ...deleted,
  ]);
  const { UpdatedAt, ...rest } = partial.got[0]!.Obj as { UpdatedAt: number };
  assert.equal(typeof UpdatedAt, 'number');
  const Ops = [
    { Type: 1, Key: 'S.T', Value: 1 },
    { Type: 2, Key: 'Type', Value: null },
  ];
  assert.deepEqual(rest, { ID: 'a', Revision: 2, Ops });
  assert.equal(full.got[4]!.UUID, partial.got[4]!.UUID, 'one message for all');
});

test('a filter shows what enters and leaves it, and the updates of what is inside', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph } = analyzer;
  fill(analyzer);
  const client = await connectClient(t, analyzer.port, path, {
    'X-Gremlin-Filter': veth,
    'X-Update-Policy': 'partial',
  });
  const steps: readonly [string, () => void, readonly string[]][] = [
    ['outside', () => graph.update('node', 'a', { set: { X: 1 } }), []],
    ['inside', () => graph.update('node', 'b', { set: { X: 1 } }), ['NodePartiallyUpdated b']],
    [
      'enters',
      () => graph.update('node', 'a', { set: { Type: 'veth' } }),
      ['NodeAdded a', 'NodePartiallyUpdated a', 'EdgeAdded ab'],
    ],
    [
      'leaves',
      () => graph.update('node', 'a', { set: { Type: 'host' } }),
      ['NodeDeleted a', 'EdgeDeleted ab'],
    ],
    ['goes', () => graph.deleteNode('b'), ['NodeDeleted b']],
  ];
  for (const [name, change, expected] of steps) {
    client.got.length = 0;
    change();
    await until(name, () => analyzer.subscribers.evaluating === 0 && client.got.length >= expected.length);
    assert.deepEqual(kinds(client.got), expected, name);
  }
});

for (const [name, headers] of [
  ['an unknown policy', { 'X-Update-Policy': 'some' }],
  ['a malformed filter', { 'X-Gremlin-Filter': 'G.V(' }],
  ['a filter that gives no graph', { 'X-Gremlin-Filter': 'G.V()' }],
] as const) {
  test(`${name} refuses the connection`, async (t) => {
    const { port, endpoints } = await startTestAnalyzer(t);
    await assert.rejects(connectClient(t, port, path, headers), /closed with 1000/);
    assert.equal(endpoints.subscriber.speakers.size, 0);
  });
}

/** A star of `count` veths, and an analyzer whose filters may go over ten elements. */
async function boundedAnalyzer(t: TestContext, count: number): Promise<TestAnalyzer> {
  const queries = { dialect: 'core', options: () => ({ maxRows: 10 }) } as const;
  const analyzer = await startTestAnalyzer(t, 'an1', undefined, undefined, queries);
  analyzer.graph.addNode({ ID: 'hub', Metadata: { Type: 'host' } });
  for (let i = 0; i < count; i++) addLeaf(analyzer, `leaf${i}`);
  return analyzer;
}

function addLeaf({ graph }: TestAnalyzer, id: string): void {
  graph.addNode({ ID: id, Metadata: { Type: 'veth' } });
  graph.link('hub', id, { RelationType: 'ownership' }, `hub-${id}`);
}

const leaves = "G.V('hub').Out().SubGraph()";

test('a filter beyond the bounds of queries refuses the connection', async (t) => {
  const { port } = await boundedAnalyzer(t, 11);
  await assert.rejects(connectClient(t, port, path, { 'X-Gremlin-Filter': leaves }), /closed with 1000/);
});

test('as a request it is refused with the reason, and the client goes on', async (t) => {
  const { port } = await boundedAnalyzer(t, 11);
  const client = await connectClient(t, port, path);
  const reply = await ask(client, '1', { GremlinFilter: leaves });
  assert.equal(reply.Status, 400);
  assert.match(String(reply.Obj), /more than 10 elements \(analyzer\.gremlin\.max_rows\)/);
  assert.equal((await ask(client, '2', null)).Status, 200);
});

test('a filter that outgrows the bounds later ends the connection, with the reason', async (t) => {
  const analyzer = await boundedAnalyzer(t, 9);
  const client = await connectClient(t, analyzer.port, path, { 'X-Gremlin-Filter': leaves });
  const closed = new Promise<string>((resolve) => {
    client.socket.once('close', (code, reason) => resolve(`${code} ${reason}`));
  });
  addLeaf(analyzer, 'tenth');
  await until('the tenth', () => kinds(client.got).includes('NodeAdded tenth'));
  addLeaf(analyzer, 'eleventh');
  assert.equal(await closed, '1008 the filter exceeds the bounds of queries (analyzer.gremlin)');
  await until('the end', () => analyzer.endpoints.subscriber.speakers.size === 0);
  assert.equal(analyzer.subscribers.evaluating, 0);
});

test('the filter of a client that goes is not evaluated to its end', async (t) => {
  const signals: AbortSignal[] = [];
  let givenUp = false;
  const endless = (graph: Graph): GraphSource => ({
    // The past as the filter asks for it never comes.
    view: (_, signal) =>
      signal === undefined
        ? graph.view()
        : new Promise((_resolve, reject) => {
            signals.push(signal);
            signal.addEventListener('abort', () => {
              givenUp = true;
              reject(new Error('given up'));
            });
          }),
  });
  const { port } = await startTestAnalyzer(t, 'an1', endless);
  const client = await connectClient(t, port, path);
  client.send('SyncRequest', { Time: 5, GremlinFilter: 'G' }, '1');
  await until('the question', () => signals.length === 1);
  assert.equal(signals[0]!.aborted, false);
  client.socket.terminate();
  await until('the end', () => givenUp);
});

test('an agent knows no flows in a filter', async (t) => {
  const { port } = await boundedAnalyzer(t, 1);
  const client = await connectClient(t, port, path);
  const flows = 'G.Flows().Nodes().SubGraph()';
  assert.equal((await ask(client, '1', { GremlinFilter: flows })).Status, 400);
});

test('with history a request for a time shows that time, through the filter where there is one', async (t) => {
  const seen: unknown[] = [];
  const analyzer = await startTestAnalyzer(t, 'an1', (graph): GraphSource => {
    const past = new Graph({ host: 'h', origin: 'o' });
    past.addNode({ ID: 'old', Metadata: { Name: 'old', Type: 'veth' } });
    past.addNode({ ID: 'older', Metadata: { Name: 'older', Type: 'host' } });
    return {
      view: (context) => {
        if (context === undefined || context.kind === 'live') return graph.view();
        seen.push(context);
        return Promise.resolve(past.view());
      },
    };
  });
  fill(analyzer);
  const client = await connectClient(t, analyzer.port, path);
  assert.deepEqual(shown((await ask(client, '1', { Time: 5 })).Obj), [['old', 'older'], null]);
  const filtered = await ask(client, '2', { Time: 6, GremlinFilter: veth });
  assert.deepEqual(shown(filtered.Obj), [['old'], null]);
  assert.deepEqual(shown((await ask(client, '3', null)).Obj), [['b'], null], 'the live view of the filter');
  assert.deepEqual(shown((await ask(client, '4', { Time: 7, GremlinFilter: '' })).Obj), [
    ['old', 'older'],
    null,
  ]);
  const slice = (time: number) => ({ kind: 'slice', slice: { start: time, last: time } });
  assert.deepEqual(seen, [slice(5), slice(6), slice(6), slice(7)]);
});

test('a graph of any size is answered in pieces, and what changes meanwhile comes behind it', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph } = analyzer;
  const count = 5000;
  for (let n = 0; n < count; n++) graph.addNode({ ID: `n${n}`, Metadata: { Name: `n${n}`, Type: 'device' } });
  const client = await connectClient(t, analyzer.port, path);
  client.send('SyncRequest', null, 'u');
  await until('request', () => analyzer.endpoints.subscriber.speakers.values().next().value!.queued > 0);
  graph.update('node', 'n4999', { set: { Late: true } });
  await until('messages', () => client.got.length === 2);
  const nodes = (client.got[0]!.Obj as { Nodes: { ID: string; Metadata: { Late?: boolean } }[] }).Nodes;
  assert.equal(nodes.length, count);
  assert.ok(nodes.every(({ Metadata }) => Metadata.Late === undefined));
  assert.deepEqual(kinds(client.got.slice(1)), ['NodeUpdated n4999']);
});

test('who asks again and again without reading waits; nothing piles up for it', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph, endpoints } = analyzer;
  const filler = 'x'.repeat(1000);
  for (let n = 0; n < 10_000; n++) graph.addNode({ ID: `n${n}`, Metadata: { Name: `n${n}`, filler } });
  const client = await connectClient(t, analyzer.port, path);
  const [speaker] = endpoints.subscriber.speakers;
  client.socket.pause();
  const count = 10;
  let most = 0;
  for (let n = 0; n < count; n++) {
    client.send('SyncRequest', null, `${n}`);
    // Each answer is of another state.
    graph.update('node', 'n0', { set: { n } });
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, speaker!.queued);
  }
  client.socket.resume();
  await until('replies', () => {
    most = Math.max(most, speaker!.queued);
    return client.got.filter(({ Type }) => Type === 'SyncReply').length === count;
  });
  // Two answers and the changes that came meanwhile.
  assert.ok(most <= 2 + count, `${most} messages waited`);
});

test('a reader that is too slow is brought up to date; others are told each change', async (t) => {
  const analyzer = await startTestAnalyzer(t, 'an1', undefined, 50);
  const { graph, subscribers, endpoints, shared } = analyzer;
  fill(analyzer);
  const fast = await connectClient(t, analyzer.port, path);
  const slow = await connectClient(t, analyzer.port, path, { 'X-Host-ID': 'slow' });
  slow.socket.pause();
  let changes = 0;
  const filler = 'x'.repeat(20_000);
  // Until the kernel's buffers and the queue are full.
  while (subscribers.behind === 0) {
    assert.ok(changes < 20_000);
    graph.update('node', 'a', { set: { N: changes++, filler } });
    await until('the fast reader', () => fast.got.length === changes);
  }
  const before = fast.got.length;
  graph.addNode({ ID: 'brief' });
  graph.deleteNode('brief');
  graph.addNode({ ID: 'new', Metadata: { Name: 'new', Type: 'device' } });
  graph.link('a', 'new', { RelationType: 'ownership' }, 'a-new');
  graph.deleteNode('b');
  await until('the fast reader', () => fast.got.length === before + 6);
  assert.ok(shared.complaints.count('queueOverflow') >= 1);
  assert.ok(endpoints.subscriber.speaker('slow')!.queued <= 50);
  const behind = slow.got.length;
  slow.socket.resume();
  await until('caught up', () => kinds(slow.got).includes('EdgeAdded a-new'));
  const news = kinds(slow.got.slice(behind)).filter((kind) => kind !== 'NodeUpdated a');
  assert.deepEqual(news, ['EdgeDeleted ab', 'NodeDeleted b', 'NodeAdded new', 'EdgeAdded a-new']);
  const last = slow.got.findLast(({ Obj }) => (Obj as { ID: string }).ID === 'a')!;
  assert.equal((last.Obj as { Metadata: { N: number } }).Metadata.N, changes - 1);
  assert.equal(subscribers.behind, 0);
});
