// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkydiveError } from '../../src/errors.js';
import { render } from '../../src/gremlin/output/format.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { datasets } from './datasets.js';

const dot = 'text/vnd.graphviz';
const pcap = 'application/vnd.tcpdump.pcap';

async function ask(query: string, accept: string): Promise<{ type: string; body: Buffer }> {
  const { graph, flows } = datasets['T']!();
  const { contentType, body } = render(await parseQuery(query).run(graph, { flows }), accept);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return { type: contentType, body: Buffer.concat(chunks) };
}

test('a count as application/json is the number and a newline', async () => {
  const { type, body } = await ask('G.V().Count()', 'application/json');
  assert.deepEqual([type, body.toString()], ['application/json; charset=UTF-8', '8\n']);
});

test('a graph as dot has its nodes and edges', async () => {
  const { body } = await ask('G.V().Has("Type","veth").SubGraph()', dot);
  const lines = body.toString().split('\n');
  assert.equal(lines.length, 5);
  assert.equal(lines[0], 'digraph g {');
  assert.match(lines[1]!, /^"veth0-v0" \[label="veth0-v0\\nType = veth\\nTID = t-v0"\]$/);
  assert.match(lines[2]!, /^"veth1-v1" \[label="veth1-v1.*"\]$/);
  assert.equal(lines[3], '"veth0-v0" -> "veth1-v1" [label=layer2,dir=both]');
  assert.equal(lines[4], '}');
});

for (const accept of [dot, pcap]) {
  test(`nodes as ${accept} are refused with 406`, async () => {
    await assert.rejects(
      () => ask('G.V()', accept),
      (error: unknown) => error instanceof SkydiveError && error.status === 406,
    );
  });
}

test('raw packets as pcap are a header and two records', async () => {
  const { body } = await ask('G.Flows().RawPackets()', pcap);
  assert.equal(body.length, 74);
  assert.deepEqual(
    [0, 16, 20].map((at) => body.readUInt32LE(at)),
    [0xa1b2c3d4, 4096, 1],
  );
  assert.deepEqual([body.readUInt16LE(4), body.readUInt16LE(6)], [2, 4]);
  // Seconds, microseconds, captured and original length of both records.
  assert.deepEqual(
    [24, 28, 32, 36].map((at) => body.readUInt32LE(at)),
    [15, 0, 16, 4096],
  );
  assert.deepEqual(
    [...body.subarray(40, 56)],
    Array.from({ length: 16 }, (_, i) => i),
  );
  assert.deepEqual(
    [56, 60, 64, 68].map((at) => body.readUInt32LE(at)),
    [16, 0, 2, 4096],
  );
});

test('no raw packet as pcap is an empty body', async () => {
  const { body } = await ask('G.Flows().Has("Application","DNS").RawPackets()', pcap);
  assert.equal(body.length, 0);
});

test('a list of formats is no exact match, so JSON comes', async () => {
  const { type, body } = await ask('G.V("h1")', 'text/vnd.graphviz, */*');
  assert.equal(type, 'application/json; charset=UTF-8');
  assert.equal((JSON.parse(body.toString()) as unknown[]).length, 1);
});
