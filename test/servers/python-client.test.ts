// SPDX-License-Identifier: Apache-2.0
// Python's skydive-client as publisher and as subscriber of our endpoints.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startTestAnalyzer } from '../interop/analyzer.js';
import { until } from '../interop/client.js';
import { pythonClient } from './python-client.js';

/** The client's program; undefined where the test is skipped. */
function clientProgram(t: TestContext): string | undefined {
  const folder = pythonClient(t);
  return folder === undefined ? undefined : join(folder, 'skydive-ws-client');
}

const nodes = [
  { ID: 'py-a', Metadata: { Name: 'a', Type: 'device', Deep: { L: [1, 2] } } },
  { ID: 'py-b', Metadata: { Name: 'b', Type: 'device' } },
].map((node) => ({ ...node, Host: 'h', Origin: 'x', CreatedAt: 1, UpdatedAt: 1, Revision: 1 }));
const edges = [{ ID: 'py-ab', Parent: 'py-a', Child: 'py-b', Metadata: { RelationType: 'layer2' } }].map(
  (edge) => ({ ...edge, Host: 'h', Origin: 'x', CreatedAt: 1, UpdatedAt: 1, Revision: 1 }),
);

async function runClient(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, errors);
}

test("Python's client adds, updates and deletes nodes and edges", { timeout: 120_000 }, async (t) => {
  const program = clientProgram(t);
  if (program === undefined) return;
  const { graph, port } = await startTestAnalyzer(t);
  const folder = mkdtempSync(join(tmpdir(), 'skydive-python-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'graph.json');
  const say = async (verb: string, revision: number, more: object = {}) => {
    const revised = <T extends { Metadata: object }>(element: T) => ({
      ...element,
      Revision: revision,
      Metadata: { ...element.Metadata, ...more },
    });
    writeFileSync(file, JSON.stringify({ Nodes: nodes.map(revised), Edges: edges.map(revised) }));
    await runClient(program, ['--analyzer', `127.0.0.1:${port}`, '--host', 'py', verb, file]);
  };
  await say('add', 1);
  await until('added', () => graph.nodeCount === 2 && graph.edgeCount === 1);
  assert.equal(graph.getNode('py-a')?.Origin, 'skydive-python-client.py');
  assert.deepEqual(graph.getNode('py-a')?.Metadata['Deep'], { L: [1, 2] });
  await say('update', 2, { New: 'v' });
  await until('updated', () => graph.getEdge('py-ab')?.Metadata['New'] === 'v');
  assert.equal(graph.getNode('py-b')?.Metadata['New'], 'v');
  await say('delete', 2, { New: 'v' });
  await until('deleted', () => graph.nodeCount === 0 && graph.edgeCount === 0);
});

test("Python's client listens, with a filter and a first synchronisation", {
  timeout: 120_000,
}, async (t) => {
  const program = clientProgram(t);
  if (program === undefined) return;
  const { graph, port, endpoints } = await startTestAnalyzer(t);
  graph.addNode({ ID: 'there', Metadata: { Name: 'there', Type: 'veth' } });
  const filter = "G.V().Has('Type','veth').SubGraph()";
  const args = [
    '--analyzer',
    `127.0.0.1:${port}`,
    '--host',
    'py',
    'listen',
    '--gremlin',
    filter,
    '--sync-request',
  ];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  });
  t.after(() => child.kill());
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      printed += bytes;
    });
  }
  await until('connection', () => endpoints.subscriber.speakers.size === 1);
  await until('the first synchronisation', () => printed.includes('there'));
  graph.addNode({ ID: 'outside', Metadata: { Name: 'outside', Type: 'device' } });
  graph.addNode({ ID: 'new', Metadata: { Name: 'new-veth', Type: 'veth' } });
  await until('the change', () => printed.includes('new-veth'));
  assert.ok(!printed.includes('outside'));
});
