// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../../graph/graph.js';
import { addHostNode } from './host-node.js';

test('the host has its id, its name and what the configuration adds', () => {
  const graph = new Graph({ host: 'node1', origin: 'agent.node1' });
  const { Metadata } = addHostNode(graph, {
    hostId: 'node1',
    hostname: 'node1.example',
    metadata: { mydict: { value: 123 }, 'a.b': 'c', list: [1, 2], Name: 'other' },
  });
  assert.deepEqual(Metadata, {
    mydict: { value: 123 },
    a: { b: 'c' },
    list: [1, 2],
    Name: 'node1',
    Type: 'host',
    Hostname: 'node1.example',
  });
});
