// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Graph } from './graph.js';
import { generateId, idOf, selectIdVariant, v5 } from './ids.js';

afterEach(() => selectIdVariant('R'));

test('names have the ids that both releases give them', () => {
  assert.equal(v5('host1'), '1a21f896-ade2-5afd-5969-4d690a305de0');
  assert.equal(idOf('a', 'b'), 'e557c849-a9bd-5c1d-6d6c-db261d9c9e22');
  selectIdVariant('T');
  assert.equal(v5('host1'), '1a21f896-ade2-5afd-9969-4d690a305de0');
  assert.equal(idOf('a', 'b'), 'e557c849-a9bd-5c1d-ad6c-db261d9c9e22');
});

test('random ids are version 4, marked as their variant, and differ', () => {
  const ids = Array.from({ length: 1000 }, generateId);
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[4-7][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
  selectIdVariant('T');
  assert.match(generateId(), /^.{14}4.{4}[89ab]/);
  assert.match(idOf(), /^.{14}4/);
});

test('edges have the ids of their producers', () => {
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  graph.addNode({ ID: 'a' });
  graph.addNode({ ID: 'b' });
  assert.equal(graph.addEdge({ Parent: 'a', Child: 'b' }).ID, v5('ab'));
  assert.equal(graph.addTopologyLink('a', 'b', 'layer2').ID, v5('ablayer2'));
  assert.equal(graph.addOwnership('a', 'b').ID, v5('abownership'));
  assert.match(graph.link('a', 'b', {}).ID, /^.{14}4/);
});
