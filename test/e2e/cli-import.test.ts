// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { OriginIndex } from '../../src/sync/origin-index.js';
import { Publishers } from '../../src/sync/publishers.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { WireServer } from '../../src/wire/server.js';
import { shareWire } from '../../src/wire/shared.js';
import { nodeOf, until } from './api-fixture.js';
import { skydive } from './cli-fixture.js';

async function withPublisherEndpoint(use: (address: string, graph: Graph) => Promise<void>): Promise<void> {
  const shared = shareWire({ log: silentLogger });
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const endpoint = new Endpoint('/ws/publisher', { limit: 'api' });
  const origins = new OriginIndex(graph);
  const publishers = new Publishers({
    endpoint,
    graph,
    origins,
    complaints: shared.complaints,
    validated: true,
  });
  const wire = new WireServer({ host: 'an1', serviceType: 'analyzer', endpoints: [endpoint], shared });
  const http = createServer();
  wire.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  try {
    await use(`127.0.0.1:${(http.address() as AddressInfo).port}`, graph);
  } finally {
    publishers.stop();
    origins.stop();
    wire.stop();
    http.close();
  }
}

async function withFile(content: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-import-'));
  try {
    const file = join(folder, 'graph.json');
    await writeFile(file, content);
    await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('topology import publishes every element, and they stay', async () => {
  const nodes = Array.from({ length: 3000 }, (_, index) => nodeOf(`n${index}`, { Text: 'x'.repeat(500) }));
  const edge = { ...nodeOf('e'), Metadata: { RelationType: 'layer2' }, Parent: 'n0', Child: 'n1' };
  await withFile(JSON.stringify([{ Nodes: nodes, Edges: [edge] }]), async (file) => {
    await withPublisherEndpoint(async (address, graph) => {
      const done = await skydive(['client', 'topology', 'import', '--file', file, '--analyzer', address]);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(done.stdout, '');
      // What was received before the connection ended is still worked off.
      await until(() => graph.getEdge('e') !== undefined);
      assert.equal(graph.nodeCount, nodes.length);
      assert.match(graph.getNode('n0')?.Origin ?? '', /^CLI\./);
    });
  });
});

for (const [content, text] of [
  ['{"Nodes": [], "Edges": []}', /Invalid graph format/],
  ['[]', /Invalid graph format/],
  ['[{"Nodes": []}, {}]', /Invalid graph format/],
  ['[{"Nodes": 5}]', /Invalid graph format/],
  ['nope', /graph\.json: /],
] as const) {
  test(`topology import refuses ${content}`, async () => {
    await withFile(content, async (file) => {
      const { code, stderr } = await skydive(['client', 'topology', 'import', '--file', file]);
      assert.equal(code, 1);
      assert.match(stderr, text);
    });
  });
}

test('topology import tells how an endpoint refused it', async () => {
  await withFile('[{"Nodes": null, "Edges": null}]', async (file) => {
    await withPublisherEndpoint(async (address) => {
      const to = ['--file', file, '--analyzer', address];
      const { code, stderr } = await skydive([
        'client',
        'topology',
        'import',
        '--endpoint',
        '/ws/nope',
        ...to,
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /\/ws\/nope of the analyzer answered \d+|cannot reach the analyzer/);
    });
  });
});
