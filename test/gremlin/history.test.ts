// SPDX-License-Identifier: Apache-2.0
// The rows about the past once more, on the history that the appliance keeps: events in, Level, views out.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Edge, Node } from '../../src/graph/element.js';
import type { GraphEvent } from '../../src/graph/event.js';
import type { GraphSource } from '../../src/graph/view.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { LevelHistory } from '../../src/store/level/history.js';
import { historySource } from '../../src/store/source.js';
import { datasets, t0 } from './datasets.js';
import { assertExpected } from './expected.js';
import type { FakeHistory, Record } from './fake-history.js';
import { accepted } from './fixtures.js';

/** The events that left these records, in the order of time. */
function eventsOf({ nodeRecords, edgeRecords }: FakeHistory): GraphEvent[] {
  const timed: { readonly at: number; readonly rank: number; readonly event: GraphEvent }[] = [];
  const previous = new Map<string, Node>();
  for (const { element, archivedAt } of nodeRecords as readonly Record<Node>[]) {
    const node: Node = { ...element, DeletedAt: null };
    const before = previous.get(node.ID);
    previous.set(node.ID, node);
    const event: GraphEvent =
      before === undefined ? { type: 'nodeAdded', node } : { type: 'nodeUpdated', node, previous: before };
    timed.push({ at: node.UpdatedAt, rank: 0, event });
    if (element.DeletedAt !== null && archivedAt !== null)
      timed.push({
        at: archivedAt,
        rank: 3,
        event: { type: 'nodeDeleted', node: { ...node, DeletedAt: archivedAt } },
      });
  }
  for (const { element, archivedAt } of edgeRecords as readonly Record<Edge>[]) {
    const edge: Edge = { ...element, DeletedAt: null };
    timed.push({ at: edge.UpdatedAt, rank: 1, event: { type: 'edgeAdded', edge } });
    if (element.DeletedAt !== null && archivedAt !== null)
      timed.push({
        at: archivedAt,
        rank: 2,
        event: { type: 'edgeDeleted', edge: { ...edge, DeletedAt: archivedAt } },
      });
  }
  return timed.sort((a, b) => a.at - b.at || a.rank - b.rank).map(({ event }) => event);
}

const folder = mkdtempSync(join(tmpdir(), 'skydive-gremlin-history-'));
const histories: LevelHistory[] = [];
const sources = new Map<string, GraphSource>();

before(async () => {
  for (const name of ['H', 'MH']) {
    const { graph } = datasets[name]!();
    // The clock of the store stands a little after the last record.
    const history = await LevelHistory.open({ folder: join(folder, name), now: () => t0 + 100_000 });
    histories.push(history);
    for (const event of eventsOf(graph)) {
      history.append(event);
      // One write an event: within one write only the last state of an element is kept.
      await history.flush();
    }
    sources.set(name, historySource(graph, history));
  }
});

after(async () => {
  for (const history of histories) await history.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const { number, dataset, query, expected } of accepted) {
  // Flows of the past have a store of their own.
  if ((dataset !== 'H' && dataset !== 'MH') || query.includes('Flows')) continue;
  test(`${number}: ${JSON.stringify(query)} gives ${expected}`, async () => {
    const result = await parseQuery(query).run(sources.get(dataset)!, { now: () => t0 + 100_000_000 });
    assertExpected(result, expected, false);
  });
}

test('what was deleted is found where it was', async () => {
  const source = sources.get('H')!;
  const found = await parseQuery('G.At("-75s").V().Has("Name","y")').run(source, { now: () => t0 + 100_000 });
  assert.deepEqual(
    (found.toJSON() as Node[]).map(({ ID }) => ID),
    ['y'],
  );
});
