// SPDX-License-Identifier: Apache-2.0
// rest-api.md §5 and §6 for nodes and edges.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementResource } from '../../src/api/resources/element.js';
import type { GraphEvent } from '../../src/graph/event.js';
import { Graph } from '../../src/graph/graph.js';
import { exchange, get, post, type RawAnswer, withApi } from './api-fixture.js';

interface Scene {
  readonly port: number;
  readonly graph: Graph;
  readonly events: readonly GraphEvent[];
  readonly patch: (path: string, body: unknown) => Promise<RawAnswer>;
  readonly remove: (path: string) => Promise<RawAnswer>;
}

const now = 1_700_000_000_000;

async function withElements(use: (scene: Scene) => Promise<void>): Promise<void> {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1', now: () => now + 1 });
  for (const id of ['n1', 'n2']) {
    graph.addNode({ ID: id, Metadata: { Name: id, Type: 'device', TID: `t-${id}`, V: { W: 1 } }, Host: 'h' });
  }
  graph.addEdge({ ID: 'e1', Parent: 'n1', Child: 'n2', Metadata: { RelationType: 'layer2' } });
  const events: GraphEvent[] = [];
  graph.on((event) => events.push(event));
  const resources = (['node', 'edge'] as const).map((kind) => elementResource(kind, graph, () => now));
  await withApi({ source: graph, resources }, async ({ port }) => {
    const patch = (path: string, body: unknown) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return exchange(
        port,
        `PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
    };
    const remove = (path: string) => exchange(port, `DELETE ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await use({ port, graph, events, patch, remove });
  });
}

test('a list is an object keyed by id, each as it is shown alone', async () => {
  await withElements(async ({ port }) => {
    for (const [kind, ids] of [
      ['node', ['n1', 'n2']],
      ['edge', ['e1']],
    ] as const) {
      const list = JSON.parse((await get(port, `/api/${kind}`)).body.toString()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(list).sort(), ids);
      for (const id of ids) {
        const shown = await get(port, `/api/${kind}/${id}`);
        assert.equal(shown.body.toString(), `${JSON.stringify(list[id])}\n`);
      }
    }
  });
});

test('an empty list is an empty object', async () => {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  await withApi({ resources: [elementResource('edge', graph)] }, async ({ port }) => {
    assert.equal((await get(port, '/api/edge')).body.toString(), '{}\n');
  });
});

test('what is created gets its defaults in the graph, and the answer is what was sent', async () => {
  await withElements(async ({ port, graph, events }) => {
    const created = await post(port, '/api/node', '{"ID":"n3","Metadata":{"Name":"x","Type":"t"}}');
    assert.equal(created.status, 201);
    assert.equal(
      created.body.toString(),
      '{"ID":"n3","Metadata":{"Name":"x","Type":"t"},"Host":"","Origin":"","CreatedAt":null,"UpdatedAt":null,"DeletedAt":null,"Revision":0}',
    );
    assert.deepEqual(graph.getNode('n3'), {
      ID: 'n3',
      Metadata: { Name: 'x', Type: 't' },
      Host: '',
      Origin: 'api.an1',
      CreatedAt: now,
      UpdatedAt: now,
      DeletedAt: null,
      Revision: 0,
    });
    assert.equal(events[0]?.type, 'nodeAdded');
    const given = '{"ID":"n4","Metadata":{"Name":"x","Type":"t"},"CreatedAt":5,"Revision":7,"Origin":"o"}';
    assert.equal((await post(port, '/api/node', given)).status, 201);
    const { CreatedAt, UpdatedAt, Revision, Origin } = graph.getNode('n4')!;
    assert.deepEqual([CreatedAt, UpdatedAt, Revision, Origin], [5, 5, 7, 'o']);
  });
});

const meta = '"Metadata":{"Name":"x","Type":"t"}';
const link = '"Metadata":{"RelationType":"layer2"}';
const short = 'String length must be greater than or equal to 1';
const refused: readonly [string, string, string][] = [
  ['node', '', 'EOF'],
  ['node', '{', 'unexpected EOF'],
  ['node', 'nope', "invalid character 'o' in literal null (expecting 'u')"],
  ['node', '[]', 'a node has to be a JSON object'],
  ['node', `{"ID":5,${meta}}`, 'ID has to be a string'],
  [
    'node',
    `{"ID":"x",${meta},"CreatedAt":"today"}`,
    'CreatedAt has to be an integer of milliseconds since 1970, or null',
  ],
  ['node', '{"ID":"x","Metadata":5}', 'Metadata has to be an object'],
  ['node', `{"ID":"n1",${meta}}`, 'Node ID conflict'],
  ['node', `{${meta}}`, `invalid schema: (root): Must validate all the schemas (allOf)\nID: ${short}`],
  ['edge', `{"ID":"e1","Parent":"n1","Child":"n2",${link}}`, 'Edge ID conflict'],
  ['edge', `{"ID":"e2","Parent":"zz","Child":"n2",${link}}`, 'Parent node not found'],
  ['edge', `{"ID":"e2","Parent":"n1","Child":"zz",${link}}`, 'Child node not found'],
  ['edge', `{"ID":"e2","Parent":5,"Child":"zz",${link}}`, 'parent ID wrong format'],
  ['edge', `{"ID":"e2","Parent":"n1","Child":5,${link}}`, 'child ID wrong format'],
];

for (const [kind, body, message] of refused) {
  test(`POST /api/${kind} with ${body || 'nothing'} is 400`, async () => {
    await withElements(async ({ port, events }) => {
      const answer = await post(port, `/api/${kind}`, body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.toString(), `${message}\n`);
      assert.equal(events.length, 0);
    });
  });
}

test('a bad time to live is refused, a good one taken', async () => {
  await withElements(async ({ port }) => {
    const body = `{"ID":"n5",${meta}}`;
    const bad = await post(port, '/api/node', body, 'X-Resource-TTL: soon\r\n');
    assert.equal(bad.body.toString(), 'invalid ttl: time: invalid duration "soon"\n');
    assert.equal((await post(port, '/api/node', body, 'X-Resource-TTL: 1m0s\r\n')).status, 201);
  });
});

test('a patch of the metadata makes one revision; everything else in it is dropped', async () => {
  await withElements(async ({ graph, events, patch }) => {
    const answer = await patch('/api/node/n1', [
      { op: 'add', path: '/Metadata/V/X', value: [1, 2] },
      { op: 'replace', path: '/Host', value: 'other' },
    ]);
    assert.equal(answer.status, 200);
    const node = graph.getNode('n1');
    assert.deepEqual(node?.Metadata['V'], { W: 1, X: [1, 2] });
    assert.deepEqual([node?.Host, node?.Revision, node?.UpdatedAt], ['h', 2, now + 1]);
    assert.equal(answer.body.toString(), JSON.stringify(node));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['nodeUpdated'],
    );
  });
});

test('a patch that changes nothing, or only what a node is, is 304 without body', async () => {
  await withElements(async ({ events, patch }) => {
    for (const operation of [
      { op: 'replace', path: '/Metadata/V/W', value: 1 },
      { op: 'replace', path: '/Metadata/Name', value: 'renamed' },
      { op: 'replace', path: '/Metadata/Type', value: 'bridge' },
      { op: 'remove', path: '/Metadata/TID' },
    ]) {
      const answer = await patch('/api/node/n1', [operation]);
      assert.equal(answer.status, 304, operation.path);
      assert.equal(answer.body.length, 0);
    }
    assert.equal(events.length, 0);
  });
});

const patches: readonly [unknown, string][] = [
  ['nope', "incorrect JSON patch: invalid character 'o' in literal null (expecting 'u'). Patch: nope"],
  [
    [{ op: 'remove', path: '/Metadata/Nope' }],
    "applying JSON patch to resource: error in remove for path: '/Metadata/Nope': Unable to remove nonexistent key: Nope: missing value",
  ],
  [
    [{ op: 'add', path: '/Metadata/No/Pe', value: 1 }],
    'applying JSON patch to resource: add operation does not apply: doc is missing path: "/Metadata/No/Pe": missing value',
  ],
  [
    [{ op: 'remove', path: '/Metadata/Name' }],
    'validating patched resource: invalid schema: (root): Must validate all the schemas (allOf)\nMetadata: Must validate all the schemas (allOf)\nMetadata: Name is required\n(root): Must validate at least one schema (anyOf)',
  ],
  [[{ op: 'replace', path: '/Metadata', value: 5 }], 'Metadata has to be an object'],
];

for (const [body, message] of patches) {
  test(`PATCH with ${JSON.stringify(body)} is 400`, async () => {
    await withElements(async ({ patch, events }) => {
      const answer = await patch('/api/node/n1', body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.toString(), `${message}\n`);
      assert.equal(events.length, 0);
    });
  });
}

test('what does not exist is 404, with its title but for PATCH', async () => {
  await withElements(async ({ port, patch, remove }) => {
    assert.equal((await get(port, '/api/node/zz')).body.toString(), "Node 'zz' not found\n");
    assert.equal((await remove('/api/edge/zz')).body.toString(), "Edge 'zz' not found\n");
    const answer = await patch('/api/node/zz', []);
    assert.equal(answer.status, 404);
    assert.equal(answer.body.length, 0);
  });
});

test('an empty id is 400, for PATCH without body', async () => {
  await withElements(async ({ patch, remove }) => {
    assert.equal((await remove('/api/node/')).body.toString(), 'Bad Request\n');
    const answer = await patch('/api/node/', []);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.length, 0);
  });
});

test('deleting a node deletes its edges, and answers an empty text', async () => {
  await withElements(async ({ graph, remove }) => {
    const answer = await remove('/api/node/n1');
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.headers.get('content-type'), ['text/plain']);
    assert.equal(answer.body.length, 0);
    assert.equal(graph.getNode('n1'), undefined);
    assert.equal(graph.getEdge('e1'), undefined);
    assert.equal((await remove('/api/node/n1')).status, 404);
  });
});
