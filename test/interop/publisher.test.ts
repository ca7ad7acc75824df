// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { startTestAnalyzer, type TestAnalyzer } from './analyzer.js';
import { connectClient, type TestClient, until } from './client.js';

const path = '/ws/publisher';
const headers = { 'X-Host-ID': 'h', 'X-Persistence-Policy': 'DeleteOnDisconnect' };

/** Waits until everything that was sent is handled. */
async function settled(analyzer: TestAnalyzer, client: TestClient): Promise<void> {
  const before = client.got.length;
  client.send('SyncRequest', null, 'settled');
  await until('settled', () => client.got.length > before);
  assert.equal(client.got.pop()?.Type, 'SyncReply');
  assert.ok(analyzer.handled() > 0);
}

const node = (metadata: object, rest: object = {}) => ({
  ID: 'n',
  Metadata: metadata,
  Origin: 'forged',
  ...rest,
});
const edge = (metadata: object, rest: object = {}) => ({
  ID: 'e',
  Parent: 'p',
  Child: 'c',
  Metadata: metadata,
  ...rest,
});

/** graph.md §12 */
const schema: readonly [string, string, object, boolean][] = [
  ['a device', 'NodeAdded', node({ Type: 'device', Name: 'x' }), true],
  ['extra properties', 'NodeAdded', node({ Type: 'device', Name: 'x', Y: [1] }, { Z: 1 }), true],
  ['no Type', 'NodeAdded', node({ Name: 'x' }), false],
  ['no Name', 'NodeAdded', node({ Type: 'device' }), false],
  ['an empty Name', 'NodeAdded', node({ Type: 'device', Name: '' }), false],
  ['an empty Type', 'NodeAdded', node({ Type: '', Name: 'x' }), false],
  ['a Type that is no string', 'NodeAdded', node({ Type: 5, Name: 'x', Path: '/p' }), false],
  ['a netns', 'NodeAdded', node({ Type: 'netns', Name: 'x', Path: '/p' }), true],
  ['a netns without Path', 'NodeAdded', node({ Type: 'netns', Name: 'x' }), false],
  ['a netns with UUID', 'NodeAdded', node({ Type: 'netns', Name: 'x', UUID: 'u' }), false],
  ['an ovsport', 'NodeAdded', node({ Type: 'ovsport', Name: 'x', UUID: 'u' }), true],
  ['an ovsport without UUID', 'NodeAdded', node({ Type: 'ovsport', Name: 'x' }), false],
  ['no Type but a Path', 'NodeAdded', node({ Name: 'x', Path: '/p' }), true],
  ['no Type but a UUID', 'NodeAdded', node({ Name: 'x', UUID: 'u' }), true],
  ['no ID', 'NodeAdded', { Metadata: { Type: 'device', Name: 'x' } }, false],
  ['no Metadata', 'NodeAdded', { ID: 'n' }, false],
  ['an ID that is a number', 'NodeAdded', { ID: 5, Metadata: { Type: 'device', Name: 'x' } }, false],
  ['an edge', 'EdgeAdded', edge({ RelationType: 'layer2' }), true],
  ['an edge without RelationType', 'EdgeAdded', edge({}), false],
  ['an edge with an empty RelationType', 'EdgeAdded', edge({ RelationType: '' }), false],
  ['an edge without Child', 'EdgeAdded', edge({ RelationType: 'layer2' }, { Child: '' }), false],
];

for (const [name, type, obj, fine] of schema) {
  test(`a publisher's ${name} is ${fine ? 'taken over with its origin' : 'dropped'}`, async (t) => {
    const analyzer = await startTestAnalyzer(t);
    const { graph, shared } = analyzer;
    for (const ID of ['p', 'c']) graph.addNode({ ID });
    const client = await connectClient(t, analyzer.port, path, headers);
    client.send(type, obj);
    await settled(analyzer, client);
    const added = graph.getNode('n') ?? graph.getEdge('e');
    assert.equal(added?.Origin, fine ? 'test.h' : undefined);
    const { invalidElement = 0, malformedPayload = 0 } = shared.complaints.counts();
    assert.equal(invalidElement + malformedPayload, fine ? 0 : 1);
  });
}

test('Sync replaces what carries the origin of the client; its elements are neither rewritten nor validated', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph } = analyzer;
  graph.addNode({ ID: 'other' });
  const client = await connectClient(t, analyzer.port, path, headers);
  client.send('NodeAdded', { ID: 'own', Metadata: { Type: 'device', Name: 'own' } });
  client.send('Sync', {
    Nodes: [
      { ID: 'forged', Origin: 'forged', Metadata: {} },
      { ID: 'mine', Origin: 'test.h' },
      { ID: 'other', Metadata: { X: 1 } },
    ],
    Edges: [
      { ID: 'e', Parent: 'forged', Child: 'mine' },
      { ID: 'lost', Parent: 'mine', Child: 'nowhere' },
    ],
  });
  await settled(analyzer, client);
  assert.deepEqual([...graph.nodes()].map(({ ID }) => ID).sort(), ['forged', 'mine', 'other']);
  assert.deepEqual(
    [...graph.edges()].map(({ ID }) => ID),
    ['e'],
  );
  assert.deepEqual(graph.getNode('other')?.Metadata, {}, 'elements of others are left alone');
  client.send('Sync', { Nodes: null });
  await settled(analyzer, client);
  assert.deepEqual([...graph.nodes()].map(({ ID }) => ID).sort(), ['forged', 'other']);
});

test('one element that does not decode drops the whole Sync', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph, shared } = analyzer;
  const client = await connectClient(t, analyzer.port, path, headers);
  client.send('NodeAdded', { ID: 'kept', Metadata: { Type: 'device', Name: 'kept' } });
  const many = Array.from({ length: 5000 }, (_, n) => ({ ID: `n${n}`, Metadata: { Name: 'n' } }));
  const syncs = [
    { Nodes: [{ ID: 'x' }, {}] },
    { Nodes: [...many, { ID: '' }] },
    { Nodes: many, Edges: [{ ID: 'e' }] },
    { Nodes: 5 },
    { Nodes: [{ ID: 'x', CreatedAt: '1' }] },
    { Nodes: [{ ID: 'x', UpdatedAt: 1.5 }] },
    [],
  ];
  for (const obj of syncs) client.send('Sync', obj);
  await settled(analyzer, client);
  assert.deepEqual(
    [...graph.nodes()].map(({ ID }) => ID),
    ['kept'],
  );
  assert.equal(shared.complaints.count('malformedPayload'), syncs.length);
});

test('partial updates: stale ones are ignored, an unknown operation refuses all of it', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph } = analyzer;
  const client = await connectClient(t, analyzer.port, path, headers);
  const metadata = () => graph.getNode('n')?.Metadata;
  client.send('NodeAdded', node({ Type: 'device', Name: 'x' }, { Revision: 1 }));
  const update = (Revision: number, Ops: unknown) =>
    client.send('NodePartiallyUpdated', { ID: 'n', Revision, UpdatedAt: 5, Ops });
  const set = (Key: string, Value: unknown) => ({ Type: 1, Key, Value });
  update(2, [set('A.B', 1), set('C', null), { Type: 2, Key: 'A.X', Value: null }]);
  update(2, [set('Stale', true)]);
  update(3, null);
  update(4, [set('Bad', 1), { Type: 3, Key: 'A', Value: 1 }]);
  client.send('NodePartiallyUpdated', { ID: 'unknown', Revision: 9, UpdatedAt: 5, Ops: [] });
  await settled(analyzer, client);
  assert.deepEqual(metadata(), { Type: 'device', Name: 'x', A: { B: 1 }, C: null });
  assert.equal(graph.getNode('n')?.Revision, 3);
  const { malformedPayload, graphConflict } = analyzer.shared.complaints.counts();
  assert.deepEqual([malformedPayload, graphConflict], [1, 1]);
});

test('duplicates, unknown elements and edges that went with their node are survived', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  const { graph, shared } = analyzer;
  const client = await connectClient(t, analyzer.port, path, headers);
  const device = (ID: string) => ({ ID, Metadata: { Type: 'device', Name: ID } });
  const link = { ID: 'ab', Parent: 'a', Child: 'b', Metadata: { RelationType: 'layer2' } };
  client.send('NodeAdded', device('a'));
  client.send('NodeAdded', device('a'));
  client.send('EdgeAdded', link);
  client.send('NodeAdded', device('b'));
  client.send('EdgeAdded', link);
  client.send('NodeDeleted', device('b'));
  client.send('EdgeDeleted', link);
  client.send('NodeDeleted', device('b'));
  client.send('NodeUpdated', device('b'));
  client.send('NoSuchType', device('b'));
  await settled(analyzer, client);
  assert.deepEqual(
    [...graph.nodes()].map(({ ID }) => ID),
    ['a'],
  );
  assert.equal(graph.edgeCount, 0);
  // The edge without its child, the second deletion and the update.
  assert.deepEqual(shared.complaints.counts(), { graphConflict: 3 });
});

for (const [policy, author, left] of [
  ['DeleteOnDisconnect', true, false],
  ['deleteondisconnect', true, true],
  ['Persistent', true, true],
  [undefined, true, true],
  ['DeleteOnDisconnect', false, true],
] as const) {
  const who = author ? 'client that published' : 'client that sent nothing';
  test(`${left ? 'keeps' : 'deletes'} the nodes of a ${who} with persistence policy ${policy}`, async (t) => {
    const analyzer = await startTestAnalyzer(t);
    const { graph, endpoints } = analyzer;
    graph.addNode({ ID: 'before', Origin: 'test.h' });
    const client = await connectClient(t, analyzer.port, path, {
      'X-Host-ID': 'h',
      ...(policy && { 'X-Persistence-Policy': policy }),
    });
    if (author) await settled(analyzer, client);
    client.socket.terminate();
    await until('disconnect', () => endpoints.publisher.hosts.size === 0);
    assert.equal(graph.getNode('before') !== undefined, left);
  });
}

test('the policy counts as a header only', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  analyzer.graph.addNode({ ID: 'before', Origin: 'test.h' });
  const query = `${path}?x-host-id=h&x-persistence-policy=DeleteOnDisconnect`;
  const client = await connectClient(t, analyzer.port, query);
  await settled(analyzer, client);
  client.socket.terminate();
  await until('disconnect', () => analyzer.endpoints.publisher.hosts.size === 0);
  assert.ok(analyzer.graph.getNode('before'));
});

test('a SyncRequest of a publisher gets the whole graph whatever it asks for; a malformed one gets nothing', async (t) => {
  const analyzer = await startTestAnalyzer(t);
  analyzer.graph.addNode({ ID: 'a' });
  const client = await connectClient(t, analyzer.port, path, headers);
  client.send('SyncRequest', undefined, 'malformed');
  client.send('SyncRequest', { Time: 5, GremlinFilter: 'G.V(' }, 'u');
  await until('reply', () => client.got.length > 0);
  const { Type, UUID, Status, Obj } = client.got[0]!;
  assert.deepEqual([Type, UUID, Status], ['SyncReply', 'u', 200]);
  assert.deepEqual(
    (Obj as { Nodes: { ID: string }[] }).Nodes.map(({ ID }) => ID),
    ['a'],
  );
});
