// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturableTypes } from '../../flow/capture-types.js';
import { decodeCapture } from '../../flow/decode-capture.js';
import type { MetadataMap } from '../../graph/element.js';
import { Graph } from '../../graph/graph.js';
import { activeCount, canCapture, selectedNodes } from './capture-nodes.js';

function scene() {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const add = (id: string, metadata: MetadataMap, Host = 'h1') =>
    graph.addNode({ ID: id, Host, Metadata: { Name: id, Type: 'veth', ...metadata } });
  return { graph, add };
}

function capture(members: object) {
  return decodeCapture({ UUID: 'c1', GremlinQuery: 'G.V()', ...members });
}

test('each node that a query selects counts once, those of paths too', async () => {
  const { graph, add } = scene();
  for (const id of ['a', 'b', 'c']) add(id, {});
  graph.addTopologyLink('a', 'b', 'layer2');
  graph.addTopologyLink('b', 'c', 'layer2');
  const ids = async (GremlinQuery: string) =>
    (await selectedNodes({ GremlinQuery }, graph)).map(({ ID }) => ID).sort();
  assert.deepEqual(await ids("G.V().Has('Name', 'a')"), ['a']);
  assert.deepEqual(await ids("G.V().Has('Name', Within('a', 'c')).Both()"), ['b']);
  assert.deepEqual(await ids("G.V().Has('Name', 'a').ShortestPathTo(Metadata('Name', 'c'))"), [
    'a',
    'b',
    'c',
  ]);
  assert.deepEqual(await ids('G.E()'), []);
  assert.deepEqual(await ids('G.V().Count()'), []);
  await assert.rejects(ids('G.V('));
});

test('a capture is started on what can be captured, belongs to a host, and has it not yet', () => {
  const { add } = scene();
  for (const type of capturableTypes) assert.ok(canCapture(capture({}), add(type, { Type: type })), type);
  for (const type of ['host', 'netns', 'container']) {
    assert.ok(!canCapture(capture({}), add(type, { Type: type })), type);
  }
  const rows: [members: object, shown: MetadataMap[], host: string, can: boolean][] = [
    [{}, [], '', false],
    [{}, [{ ID: 'c2', State: 'active' }], 'h1', true],
    [{}, [{ ID: 'c1', State: 'active' }], 'h1', false],
    [{}, [{ ID: 'c1', State: 'error' }], 'h1', false],
    [{ Type: 'pcap' }, [{ ID: 'c2', Type: 'pcap' }], 'h1', true],
    [{ Type: 'sflow' }, [{ ID: 'c2', Type: 'pcap' }], 'h1', true],
    [{ Type: 'sflow' }, [{ ID: 'c2', Type: 'sflow' }], 'h1', false],
  ];
  for (const [at, [members, shown, host, can]] of rows.entries()) {
    const node = add(`n${at}`, { Captures: shown }, host);
    assert.equal(canCapture(capture(members), node), can, JSON.stringify(rows[at]));
  }
});

test('the count is that of all active captures on the selected nodes', async () => {
  const { graph, add } = scene();
  add('a', {
    Captures: [
      { ID: 'c1', State: 'active' },
      { ID: 'c2', State: 'active' },
    ],
  });
  add('b', { Captures: [{ ID: 'c1', State: 'error' }] });
  add('c', { Captures: [{ ID: 'c3', State: 'active' }] });
  assert.equal(await activeCount(capture({ GremlinQuery: "G.V().Has('Name', Within('a', 'b'))" }), graph), 2);
  assert.equal(await activeCount(capture({ GremlinQuery: "G.V().Has('Name', 'none')" }), graph), 0);
  assert.equal(await activeCount(capture({ GremlinQuery: 'malformed' }), graph), 0);
});
