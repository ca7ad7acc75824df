// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { Graph } from '../../graph/graph.js';
import { parseQuery } from '../query.js';
import { render } from './format.js';

function graph(): Graph {
  const made = new Graph({ host: 'a1', origin: 'agent.a1', now: () => 1600000000000 });
  made.addNode({ ID: 'v0-with-a-long-id', Metadata: { Name: 've"th<0>', Type: 'veth', MTU: 1500 } });
  made.addNode({ ID: 'v1', Metadata: { Name: 'veth1', IPV4: ['10.0.0.1/24'] } });
  made.addEdge({ ID: 'l', Parent: 'v0-with-a-long-id', Child: 'v1', Metadata: { RelationType: 'layer2' } });
  made.addEdge({ ID: 'm', Parent: 'v1', Child: 'v0-with-a-long-id', Metadata: {} });
  return made;
}

async function text(query: string, accept?: string): Promise<readonly [type: string, body: string]> {
  const { contentType, body } = render(await parseQuery(query).run(graph()), accept);
  let all = '';
  for await (const chunk of body) all += String(chunk);
  return [contentType, all];
}

test('JSON is one value and a newline, with <, > and & escaped', async () => {
  const [type, body] = await text('G.V("v0-with-a-long-id")', 'application/json');
  assert.equal(type, 'application/json; charset=UTF-8');
  assert.ok(body.endsWith(']\n'));
  assert.ok(body.includes('"Name":"ve\\"th\\u003c0\\u003e"'), body);
  assert.deepEqual(JSON.parse(body), [
    {
      ID: 'v0-with-a-long-id',
      Metadata: { Name: 've"th<0>', Type: 'veth', MTU: 1500 },
      Host: 'a1',
      Origin: 'agent.a1',
      CreatedAt: 1600000000000,
      UpdatedAt: 1600000000000,
      DeletedAt: null,
      Revision: 1,
    },
  ]);
});

test('a count is a bare number, whatever wildcard is accepted', async () => {
  assert.deepEqual(await text('G.V().Count()', '*/*'), ['application/json; charset=UTF-8', '2\n']);
});

test('an empty collection of a graph is null', async () => {
  const empty = await parseQuery('G').run(new Graph({ host: 'a', origin: 'agent.a' }));
  assert.deepEqual(empty.toJSON(), [{ Nodes: null, Edges: null }]);
});

test('dot has a line for each node and edge, escaped', async () => {
  const [type, body] = await text('G', 'text/vnd.graphviz');
  assert.equal(type, 'text/vnd.graphviz; charset=UTF-8');
  assert.deepEqual(body.split('\n'), [
    'digraph g {',
    '"ve\\"th<0>-v0-with-" [label="ve\\"th<0>-v0-with-\\nType = veth"]',
    '"veth1-v1" [label="veth1-v1\\nIPV4 = [10.0.0.1/24]"]',
    '"ve\\"th<0>-v0-with-" -> "veth1-v1" [label=layer2,dir=both]',
    '"veth1-v1" -> "ve\\"th<0>-v0-with-"',
    '}',
  ]);
});

for (const accept of ['text/vnd.graphviz', 'application/vnd.tcpdump.pcap']) {
  test(`nodes cannot be had as ${accept}`, async () => {
    await assert.rejects(
      () => text('G.V()', accept),
      (error: unknown) => error instanceof SkydiveError && error.status === 406,
    );
  });
}
