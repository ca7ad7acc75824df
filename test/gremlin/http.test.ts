// SPDX-License-Identifier: Apache-2.0
// The HTTP rows of the language, on a real server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, withApi } from '../e2e/api-fixture.js';
import { skydive } from '../e2e/cli-fixture.js';
import { datasets } from './datasets.js';

const { graph, flows } = datasets['T']!();
const parts = { source: graph, queries: { flows } };

interface Row {
  readonly body: string;
  readonly accept?: string;
  readonly status: number;
  readonly type?: string;
  /** The body, or what it has to look like. */
  readonly expected: string | RegExp;
}

function query(text: string): string {
  return JSON.stringify({ GremlinQuery: text });
}

const rows: readonly Row[] = [
  { body: '', status: 204, expected: '' },
  { body: '{}', status: 204, expected: '' },
  { body: query(''), status: 204, expected: '' },
  { body: '{"GremlinQuery":', status: 400, expected: /./ },
  { body: query('G.V('), status: 400, expected: /end of the query.*V\n$/ },
  { body: query('G.V("nope")'), status: 400, expected: /"nope".*\n$/ },
  { body: query(' '), status: 400, expected: /^found "", expected `G` at position 1\n$/ },
  {
    body: query('G.V().Count()'),
    accept: 'application/json',
    status: 200,
    type: 'application/json; charset=UTF-8',
    expected: '8\n',
  },
  {
    body: query('G.V().Has("Type","veth").SubGraph()'),
    accept: 'text/vnd.graphviz',
    status: 200,
    type: 'text/vnd.graphviz; charset=UTF-8',
    expected:
      /^digraph g \{\n"veth0-v0" \[label="veth0-v0.*"\]\n"veth1-v1" \[label=.*\]\n"veth0-v0" -> "veth1-v1" \[label=layer2,dir=both\]\n\}$/,
  },
  { body: query('G.V()'), accept: 'text/vnd.graphviz', status: 406, expected: /dot/ },
  { body: query('G.V()'), accept: 'application/vnd.tcpdump.pcap', status: 406, expected: /pcap/ },
  {
    body: query('G.Flows().Has("Application","DNS").RawPackets()'),
    accept: 'application/vnd.tcpdump.pcap',
    status: 200,
    expected: '',
  },
  { body: query('G.V("h1")'), accept: 'text/vnd.graphviz, */*', status: 200, expected: /^\[\{"ID":"h1"/ },
];

for (const { body, accept, status, type, expected } of rows) {
  test(`${body === '' ? 'an empty body' : body}${accept === undefined ? '' : ` as ${accept}`} is ${status}`, async () => {
    await withApi(parts, async ({ url }) => {
      const answer = await fetch(`${url}/api/topology`, {
        method: 'POST',
        body,
        headers: accept === undefined ? {} : { Accept: accept },
      });
      const text = await answer.text();
      assert.equal(answer.status, status, text);
      if (type !== undefined) assert.equal(answer.headers.get('content-type'), type);
      if (typeof expected === 'string') assert.equal(text, expected);
      else assert.match(text, expected);
    });
  });
}

test('raw packets come as a file of 74 bytes', async () => {
  await withApi(parts, async ({ url }) => {
    const answer = await fetch(`${url}/api/topology`, {
      method: 'POST',
      body: query('G.Flows().RawPackets()'),
      headers: { Accept: 'application/vnd.tcpdump.pcap' },
    });
    assert.equal((await answer.arrayBuffer()).byteLength, 74);
  });
});

test('the budget of the configuration holds', async () => {
  const config = configOf({ 'analyzer.gremlin.max_rows': 100 });
  await withApi({ ...parts, config }, async ({ url }) => {
    const body = query(`G.V()${'.Both()'.repeat(10)}.Count()`);
    const answer = await fetch(`${url}/api/topology`, { method: 'POST', body });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /more than 100 elements/);
  });
});

test('an agent does not know flows', async () => {
  await withApi({ ...parts, service: 'agent' }, async ({ url }) => {
    const answer = await fetch(`${url}/api/topology`, { method: 'POST', body: query('G.Flows()') });
    assert.equal(answer.status, 400);
  });
});

test('the command line shows a hint beside the unchanged answer', async () => {
  await withApi(parts, async ({ port }) => {
    const { code, stdout, stderr } = await skydive([
      ...['client', 'query', 'G.V().Has("Name",Regex("eth"))'],
      ...['--analyzer', `127.0.0.1:${port}`],
    ]);
    assert.deepEqual([code, stdout], [0, '[]\n']);
    assert.match(stderr, /^hint: Regex\("eth"\) has to match the whole value/);
  });
});
