// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphEvent } from '../../graph/event.js';
import { added, deleted, edge, node, updated } from '../history.contract.js';
import { Pending } from './pending.js';

function drain(pending: Pending): GraphEvent[] {
  const events: GraphEvent[] = [];
  for (let event = pending.shift(); event !== undefined; event = pending.shift()) events.push(event);
  return events;
}

test('pending gives events back in their order', () => {
  const pending = new Pending(10_000);
  const events = Array.from({ length: 9000 }, (_, id) => added(node(`n${id}`, id, {})));
  for (const event of events) pending.push(event);
  assert.equal(pending.size, 9000);
  assert.deepEqual(drain(pending), events);
  assert.equal(pending.size, 0);
});

test('pending beyond its limit keeps the last event of each element and counts the others', () => {
  const pending = new Pending(1);
  const first = node('a', 1, { v: 0 });
  pending.push(added(first));
  let current = first;
  for (let step = 0; step < 100; step++) {
    const [next, event] = updated(current, step, { v: step });
    pending.push(event);
    current = next;
  }
  pending.push(deleted(edge('e', 1, 'a', 'b'), 5));
  pending.push(added(node('b', 2, {})));
  assert.equal(pending.dropped, 99);
  assert.equal(pending.size, 4);
  assert.deepEqual(
    drain(pending).map((event) => `${event.type} ${('node' in event ? event.node : event.edge).ID}`),
    ['nodeAdded a', 'nodeUpdated a', 'nodeAdded b', 'edgeDeleted e'],
  );
});
