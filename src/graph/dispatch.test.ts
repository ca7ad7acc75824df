// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphEvent } from './event.js';
import { Graph } from './graph.js';

function makeGraph(
  options: { eventQueueSize?: number; onListenerError?: (error: unknown) => void } = {},
): Graph {
  return new Graph({ host: 'h', origin: 'agent.h', ...options });
}

const text = (event: GraphEvent) => `${event.type} ${'node' in event ? event.node.ID : event.edge.ID}`;

test('listeners are told in the order of their registration, at once', () => {
  const graph = makeGraph();
  const told: string[] = [];
  graph.on(() => told.push('first'));
  graph.on(() => told.push('second'));
  graph.addNode({ ID: 'a' });
  assert.deepEqual(told, ['first', 'second']);
});

test('an event raised by a listener comes after the current one has reached all, and not to that listener', () => {
  const graph = makeGraph();
  const first: string[] = [];
  const second: string[] = [];
  const third: string[] = [];
  graph.on((event) => first.push(text(event)));
  graph.on((event) => {
    second.push(text(event));
    if (event.type === 'nodeAdded') graph.addMetadata('node', event.node.ID, 'TID', 't');
  });
  graph.on((event) => {
    third.push(text(event));
    // What is raised while a raised event is delivered waits for its turn too.
    if (event.type === 'nodeUpdated') graph.deleteNode(event.node.ID);
  });
  graph.addNode({ ID: 'a' });
  assert.deepEqual(first, ['nodeAdded a', 'nodeUpdated a', 'nodeDeleted a']);
  assert.deepEqual(second, ['nodeAdded a', 'nodeDeleted a']);
  assert.deepEqual(third, ['nodeAdded a', 'nodeUpdated a']);
});

test('a listener that was taken away is told no more, one that came is told of what follows', () => {
  const graph = makeGraph();
  const told: string[] = [];
  const stop = graph.on((event) => {
    told.push(`early ${text(event)}`);
    stop();
    graph.on((next) => told.push(`late ${text(next)}`));
  });
  graph.addNode({ ID: 'a' });
  graph.addNode({ ID: 'b' });
  assert.deepEqual(told, ['early nodeAdded a', 'late nodeAdded b']);
});

test('a change is refused before it is made while too many events wait', () => {
  const graph = makeGraph({ eventQueueSize: 10 });
  const told: string[] = [];
  let refused: unknown;
  graph.on((event) => {
    if (event.type !== 'nodeAdded' || event.node.ID !== 'start') return;
    try {
      for (let i = 0; ; i++) graph.addNode({ ID: `n${i}` });
    } catch (error) {
      refused = error;
    }
  });
  graph.on((event) => told.push(text(event)));
  graph.addNode({ ID: 'start' });
  assert.match(String(refused), /refuses the change: 10 events wait/);
  // Whatever was made was told: nothing is lost.
  assert.deepEqual(
    told,
    [...graph.nodes()].map(({ ID }) => `nodeAdded ${ID}`),
  );
  assert.equal(graph.nodeCount, 11);
});

test('an error of a listener keeps the others from nothing', () => {
  const errors: unknown[] = [];
  const graph = makeGraph({ onListenerError: (error) => errors.push(error) });
  const told: string[] = [];
  graph.on(() => {
    throw new Error('mine');
  });
  graph.on((event) => told.push(text(event)));
  graph.addNode({ ID: 'a' });
  assert.deepEqual(told, ['nodeAdded a']);
  assert.match(String(errors[0]), /mine/);
});

test('without error handler the change throws after all were told', () => {
  const graph = makeGraph();
  const told: string[] = [];
  graph.on(() => {
    throw new Error('mine');
  });
  graph.on((event) => told.push(text(event)));
  assert.throws(() => graph.addNode({ ID: 'a' }), /mine/);
  assert.deepEqual(told, ['nodeAdded a']);
  assert.notEqual(graph.getNode('a'), undefined);
});
