// SPDX-License-Identifier: Apache-2.0
// cli.md §5, nodes and edges, against a real server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementResource } from '../../src/api/resources/element.js';
import { Graph } from '../../src/graph/graph.js';
import { withApi } from './api-fixture.js';
import { type Finished, skydive } from './cli-fixture.js';

async function withElements(
  use: (run: (...args: string[]) => Promise<Finished>, graph: Graph) => Promise<void>,
): Promise<void> {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  for (const id of ['n2', 'n1']) graph.addNode({ ID: id, Metadata: { Name: id, Type: 'device' } });
  graph.addEdge({ ID: 'e1', Parent: 'n1', Child: 'n2', Metadata: { RelationType: 'layer2' } });
  const resources = (['node', 'edge'] as const).map((kind) => elementResource(kind, graph));
  await withApi({ source: graph, resources }, async ({ port }) => {
    await use((...args) => skydive(['client', ...args, '--analyzer', `127.0.0.1:${port}`]), graph);
  });
}

test('node create makes a node of the CLI with name, type and metadata', async () => {
  await withElements(async (run, graph) => {
    const made = await run(
      ...[
        'node',
        'create',
        '--node-name',
        'x',
        '--node-type',
        'device',
        '--metadata',
        'A.B=1',
        '--host',
        'h',
      ],
    );
    assert.equal(made.code, 0, made.stderr);
    const { ID } = JSON.parse(made.stdout) as { ID: string };
    assert.match(made.stdout, /^\{\n {2}"ID": "[0-9a-f-]{36}",\n {2}"Metadata": \{\n/);
    const node = graph.getNode(ID);
    assert.deepEqual(node?.Metadata, { A: { B: '1' }, Name: 'x', Type: 'device' });
    assert.deepEqual([node?.Host, node?.Origin, node?.Revision], ['h', 'cli.h', 1]);
  });
});

test('edge create looks its ends up first', async () => {
  await withElements(async (run, graph) => {
    const made = await run(
      ...['edge', 'create', '--parent', 'n1', '--child', 'n2', '--edge-type', 'ownership', '--host', 'h'],
    );
    assert.equal(made.code, 0, made.stderr);
    const { ID } = JSON.parse(made.stdout) as { ID: string };
    assert.deepEqual(graph.getEdge(ID)?.Metadata, { RelationType: 'ownership' });
    const lost = await run('edge', 'create', '--parent', 'n1', '--child', 'zz', '--edge-type', 'x');
    assert.equal(lost.code, 1);
    assert.match(
      lost.stderr,
      /Could not find child node: Failed to get node, 404 Not Found: Node 'zz' not found\n$/,
    );
  });
});

test('a refused creation says why', async () => {
  await withElements(async (run) => {
    const { code, stdout, stderr } = await run('node', 'create', '--node-name', 'x');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /Failed to create node, 400 Bad Request: invalid schema: /);
  });
});

test('list is a map in the order of ids, get one of its members', async () => {
  await withElements(async (run) => {
    const list = await run('node', 'list');
    assert.equal(list.code, 0, list.stderr);
    const nodes = JSON.parse(list.stdout) as Record<string, unknown>;
    assert.deepEqual(Object.keys(nodes), ['n1', 'n2']);
    assert.equal(list.stdout, `${JSON.stringify(nodes, null, 2)}\n`);
    const one = await run('node', 'get', 'n2');
    assert.deepEqual(JSON.parse(one.stdout), nodes['n2']);
    const table = await run('edge', 'list', '-o', 'table');
    assert.match(table.stdout, /^ID +RELATIONTYPE +PARENT.*\ne1 +layer2/);
  });
});

test('what is unknown cannot be shown', async () => {
  await withElements(async (run) => {
    const { code, stderr } = await run('node', 'get', 'zz');
    assert.equal(code, 1);
    assert.match(stderr, /: Failed to get node, 404 Not Found: Node 'zz' not found\n$/);
  });
});

test('update changes metadata and prints the last result, or that nothing was modified', async () => {
  await withElements(async (run, graph) => {
    const changed = await run('node', 'update', 'n1', 'n2', '-a', 'Level=5', '-a', 'Tag=a');
    assert.equal(changed.code, 0, changed.stderr);
    assert.equal((JSON.parse(changed.stdout) as { ID: string }).ID, 'n2');
    assert.deepEqual(graph.getNode('n1')?.Metadata, { Name: 'n1', Type: 'device', Level: 5, Tag: 'a' });
    const same = await run('node', 'update', 'n1', '--add', 'Tag=a');
    assert.equal(same.stdout, 'Not modified\n');
    await run('node', 'update', 'n1', '--remove', 'Tag');
    assert.equal(graph.getNode('n1')?.Metadata['Tag'], undefined);
    const bad = await run('node', 'update', 'n1', '-r', 'Nope');
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /Failed to update node, 400 Bad Request: applying JSON patch to resource/);
  });
});

test('delete goes on after a failure, which it logs, and exits with 0', async () => {
  await withElements(async (run, graph) => {
    const { code, stdout, stderr } = await run('node', 'delete', 'zz', 'n1');
    assert.equal(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /Failed to delete node, 404 Not Found: Node 'zz' not found\n$/);
    assert.equal(graph.getNode('n1'), undefined);
  });
});

test('delete --gremlin deletes what the expressions return', async () => {
  await withElements(async (run, graph) => {
    const edges = await run('edge', 'delete', '--gremlin', "G.E().Has('RelationType', 'layer2')");
    assert.equal(edges.code, 0, edges.stderr);
    assert.equal(graph.edgeCount, 0);
    assert.equal((await run('node', 'delete', '--gremlin', 'G.V()')).code, 0);
    assert.equal(graph.nodeCount, 0);
    const count = await run('node', 'delete', '--gremlin', 'G.V().Count()');
    assert.equal(count.code, 1);
    assert.match(count.stderr, /G\.V\(\)\.Count\(\) returns no elements\n$/);
  });
});

test('a missing argument shows the usage', async () => {
  const { code, stderr } = await skydive(['client', 'node', 'get']);
  assert.equal(code, 1);
  assert.match(stderr, /missing required argument[\s\S]*Usage: skydive client node get/);
});
