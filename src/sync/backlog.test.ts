// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Graph } from '../graph/graph.js';
import { decodeJson } from '../wire/codec-json.js';
import type { Outgoing } from '../wire/outgoing.js';
import { applyMessage } from './apply-message.js';
import { Backlog } from './backlog.js';

const ids = ['a', 'b', 'c', 'd'];
const id = fc.constantFrom(...ids);
const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), id }),
  fc.record({ kind: fc.constant('delete' as const), id }),
  fc.record({ kind: fc.constant('update' as const), id, value: fc.nat(9) }),
  fc.record({ kind: fc.constant('link' as const), id, other: id }),
  fc.record({ kind: fc.constant('unlink' as const), id, other: id }),
  fc.record({ kind: fc.constant('catchUp' as const), messages: fc.nat(5) }),
);
type Change = typeof operation extends fc.Arbitrary<infer T> ? T : never;

let clock = 0;

function make(): Graph {
  return new Graph({ host: 'h', origin: 'o', now: () => ++clock });
}

function change(graph: Graph, step: Exclude<Change, { kind: 'catchUp' }>): void {
  const known = graph.getNode(step.id) !== undefined;
  if (step.kind === 'add') {
    if (!known) graph.addNode({ ID: step.id, Metadata: { Life: clock } });
  } else if (step.kind === 'delete') {
    graph.deleteNode(step.id);
  } else if (step.kind === 'update') {
    if (known) graph.update('node', step.id, { set: { Value: step.value } });
  } else if (known && graph.getNode(step.other) !== undefined) {
    if (step.kind === 'unlink') graph.unlink(step.id, step.other);
    else if (graph.getEdge(step.id + step.other) === undefined) {
      graph.link(step.id, step.other, { Life: clock }, step.id + step.other);
    }
  }
}

function content(graph: Graph): unknown {
  const sort = <T extends { ID: string }>(elements: Iterable<T>) =>
    [...elements].sort((a, b) => (a.ID < b.ID ? -1 : 1));
  return [sort(graph.nodes()), sort(graph.edges())];
}

/** Takes a message as a client does: what does not fit its graph would throw. */
function take(reader: Graph, message: Outgoing): boolean {
  return applyMessage(reader, decodeJson(message.encode('json') as Buffer));
}

test('a reader that takes a backlog, in one go or interrupted by changes, ends with the graph as it is', () => {
  const steps = fc.array(operation, { maxLength: 40 });
  fc.assert(
    fc.property(steps, steps, (before, during) => {
      const graph = make();
      const reader = make();
      for (const step of before) if (step.kind !== 'catchUp') change(graph, step);
      for (const node of graph.nodes()) reader.applyNodeAdded(node);
      for (const edge of graph.edges()) reader.applyEdgeAdded(edge);
      const backlog = new Backlog();
      graph.on((event) => backlog.add(event));
      for (const step of during) {
        if (step.kind !== 'catchUp') {
          change(graph, step);
          continue;
        }
        let room = step.messages;
        const some = (message: Outgoing) => room-- > 0 && take(reader, message);
        for (const _ of backlog.catchUp(graph, some)) {
          // One message after the other.
        }
      }
      for (const _ of backlog.catchUp(graph, (message) => take(reader, message))) {
        // To the end.
      }
      assert.equal(backlog.size, 0);
      assert.deepEqual(content(reader), content(graph));
    }),
    { numRuns: 500 },
  );
});

test('what came and went while the reader looked away is not told, and one entry stands for many changes', () => {
  const graph = make();
  graph.addNode({ ID: 'a' });
  const backlog = new Backlog();
  graph.on((event) => backlog.add(event));
  for (let n = 0; n < 1000; n++) {
    graph.update('node', 'a', { set: { n } });
    graph.addNode({ ID: 'brief' });
    graph.deleteNode('brief');
  }
  assert.equal(backlog.size, 1);
  const sent: string[] = [];
  for (const _ of backlog.catchUp(graph, ({ head }) => sent.push(head.type) > 0)) {
    // One message after the other.
  }
  assert.deepEqual(sent, ['NodeUpdated']);
});
