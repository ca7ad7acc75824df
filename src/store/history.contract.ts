// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge, ElementKind, MetadataMap, Node } from '../graph/element.js';
import type { GraphEvent } from '../graph/event.js';
import type { Filter } from '../graph/filter.js';
import type { GraphView, ViewContext } from '../graph/view.js';
import type { History } from './history.js';

/** How the suite gets histories. */
export interface HistoryUnderTest {
  /** An empty history; the suite closes it. */
  open(): Promise<History>;
  /** False where slices of the past are refused. */
  readonly keeps: boolean;
}

export const point = (at: number): ViewContext => ({ kind: 'instant', slice: { start: at, last: at } });
export const slice = (start: number, last: number): ViewContext => ({
  kind: 'slice',
  slice: { start, last },
});

export function node(id: string, at: number, metadata: MetadataMap, over: Partial<Node> = {}): Node {
  return {
    ID: id,
    Metadata: metadata,
    Host: 'h1',
    Origin: 'agent.h1',
    CreatedAt: at,
    UpdatedAt: at,
    DeletedAt: null,
    Revision: 1,
    ...over,
  };
}

export function edge(id: string, at: number, parent: string, child: string, over: Partial<Edge> = {}): Edge {
  return { ...node(id, at, { RelationType: 'layer2' }), Parent: parent, Child: child, ...over };
}

export const added = (element: Node | Edge): GraphEvent =>
  'Parent' in element ? { type: 'edgeAdded', edge: element as Edge } : { type: 'nodeAdded', node: element };

export function updated<T extends Node | Edge>(
  previous: T,
  at: number,
  metadata: MetadataMap,
): [T, GraphEvent] {
  const next = { ...previous, Metadata: metadata, UpdatedAt: at, Revision: previous.Revision + 1 };
  const event: GraphEvent =
    'Parent' in next
      ? { type: 'edgeUpdated', edge: next as Edge, previous: previous as Edge }
      : { type: 'nodeUpdated', node: next, previous };
  return [next, event];
}

export function deleted(element: Node | Edge, at: number): GraphEvent {
  const gone = { ...element, DeletedAt: at };
  return 'Parent' in gone ? { type: 'edgeDeleted', edge: gone as Edge } : { type: 'nodeDeleted', node: gone };
}

/** Elements of a view as `id#revision`, sorted, unless in the order of a slice. */
export function shown(view: GraphView, kind: ElementKind = 'node'): string[] {
  const all =
    kind === 'node' ? [...view.nodes()].map((h) => view.node(h)) : [...view.edges()].map((h) => view.edge(h));
  const names = all.map(({ ID, Revision }) => `${ID}#${Revision}`);
  return view.context.kind === 'slice' ? names : names.sort();
}

export async function at(
  history: History,
  context: ViewContext,
  kind: ElementKind = 'node',
): Promise<string[]> {
  const view = await history.view(context);
  try {
    return shown(view, kind);
  } finally {
    view.release();
  }
}

async function found(history: History, context: ViewContext, filter: Filter): Promise<string[]> {
  const view = await history.view(context);
  try {
    return [...view.select('node', filter)].map((handle) => view.node(handle).ID).sort();
  } finally {
    view.release();
  }
}

/**
 * Three nodes and two edges: x changes at 20 and 40, y goes at 30 with its edge, z comes at 35. Seconds times 1000
 * from `base`, as in the Gremlin specification's history data set.
 */
export function story(base: number): GraphEvent[] {
  const t = (seconds: number): number => base + seconds * 1000;
  const x1 = node('x', t(10), { Name: 'x', Type: 'device', MTU: 9000 });
  const [x2, changed2] = updated(x1, t(20), { Name: 'x', Type: 'device', MTU: 1500 });
  const [, changed3] = updated(x2, t(40), { Name: 'x', Type: 'device', MTU: 1500, State: 'UP' });
  const y = node('y', t(15), { Name: 'y', Type: 'veth' });
  const xy = edge('xy', t(15), 'x', 'y');
  const z = node('z', t(35), { Name: 'z', Type: 'veth' });
  const xz = edge('xz', t(35), 'x', 'z');
  return [
    added(x1),
    added(y),
    added(xy),
    changed2,
    deleted(xy, t(30)),
    deleted(y, t(30)),
    added(z),
    added(xz),
    changed3,
  ];
}

const base = 1_600_000_000_000;
const t = (seconds: number): number => base + seconds * 1000;

/** What each instant and slice of the story shows. */
const rows: readonly (readonly [name: string, context: ViewContext, nodes: string[], edges: string[]])[] = [
  ['before everything', point(t(5)), [], []],
  ['one node', point(t(12)), ['x#1'], []],
  ['an edge and its ends', point(t(15)), ['x#1', 'y#1'], ['xy#1']],
  ['a change counts at its own instant', point(t(20)), ['x#2', 'y#1'], ['xy#1']],
  ['between changes', point(t(25)), ['x#2', 'y#1'], ['xy#1']],
  ['a deletion counts after its own instant', point(t(30)), ['x#2', 'y#1'], ['xy#1']],
  ['one ms later', point(t(30) + 1), ['x#2'], []],
  ['after', point(t(31)), ['x#2'], []],
  ['a new node', point(t(35)), ['x#2', 'z#1'], ['xz#1']],
  ['at the end', point(t(50)), ['x#3', 'z#1'], ['xz#1']],
  ['an instant as a slice shows both revisions', slice(t(20), t(20)), ['x#1', 'y#1', 'x#2'], ['xy#1']],
  ['everything', slice(t(-10), t(50)), ['x#1', 'y#1', 'x#2', 'z#1', 'x#3'], ['xy#1', 'xz#1']],
  ['the first half', slice(t(15), t(25)), ['x#1', 'y#1', 'x#2'], ['xy#1']],
  ['the gap', slice(t(31), t(32)), ['x#2'], []],
  ['before everything, as a slice', slice(t(0), t(5)), [], []],
];

/** The suite that every implementation runs. */
export function historyContract(name: string, under: HistoryUnderTest): void {
  const withHistory = async (run: (history: History) => Promise<void>): Promise<void> => {
    const history = await under.open();
    try {
      await run(history);
    } finally {
      await history.close();
    }
  };

  test(`${name}: append never throws and flush resolves`, () =>
    withHistory(async (history) => {
      for (const event of story(base)) history.append(event);
      await history.flush();
      assert.equal(history.status().appended, 9);
      assert.equal(history.status().pending, 0);
    }));

  test(`${name}: an aborted signal rejects with its reason`, () =>
    withHistory(async (history) => {
      const reason = new Error('the client went away');
      await assert.rejects(history.view(point(base), AbortSignal.abort(reason)), reason);
    }));

  test(`${name}: close can be called twice, append after it is ignored`, () =>
    withHistory(async (history) => {
      await history.close();
      await history.close();
      history.append(story(base)[0]!);
    }));

  if (!under.keeps) {
    for (const context of [point(base), slice(base, base)]) {
      test(`${name}: a view of a ${context.kind} is refused`, () =>
        withHistory(async (history) => {
          await assert.rejects(history.view(context), {
            code: 'SKY_E_NO_HISTORY',
            message: /does not support history/,
          });
        }));
    }
    return;
  }

  for (const [what, context, nodes, edges] of rows) {
    test(`${name}: ${what}`, () =>
      withHistory(async (history) => {
        for (const event of story(base)) history.append(event);
        assert.deepEqual(await at(history, context), nodes);
        assert.deepEqual(await at(history, context, 'edge'), edges);
      }));
  }

  test(`${name}: an instant shows the whole element`, () =>
    withHistory(async (history) => {
      for (const event of story(base)) history.append(event);
      const view = await history.view(point(t(25)));
      assert.deepEqual(view.node(view.nodeById('x')), {
        ...node('x', t(10), { Name: 'x', Type: 'device', MTU: 1500 }),
        UpdatedAt: t(20),
        Revision: 2,
      });
      assert.deepEqual(view.edge(view.edgeById('xy')), edge('xy', t(15), 'x', 'y'));
      view.release();
    }));

  test(`${name}: edges of an instant join its nodes`, () =>
    withHistory(async (history) => {
      for (const event of story(base)) history.append(event);
      const view = await history.view(point(t(25)));
      const [x, y, xy] = [view.nodeById('x'), view.nodeById('y'), view.edgeById('xy')];
      assert.equal(view.parentOf(xy), x);
      assert.equal(view.childOf(xy), y);
      assert.deepEqual([...view.edgesOf(x, 'out')], [xy]);
      assert.deepEqual([...view.edgesOf(x, 'in')], []);
      assert.deepEqual([...view.edgesOf(y, 'in')], [xy]);
      assert.deepEqual([...view.edgesOf(y, 'both')], [xy]);
      assert.equal(view.nodeById('z'), -1);
      assert.equal(view.edgeById('xz'), -1);
      assert.equal(view.nodeCount, 2);
      assert.equal(view.edgeCount, 1);
      view.release();
    }));

  const filters: readonly (readonly [Filter, string[]])[] = [
    [{ kind: 'term', key: 'Name', value: 'x' }, ['x']],
    [{ kind: 'term', key: 'Metadata.Name', value: 'y' }, ['y']],
    [{ kind: 'term', key: 'Name', value: 'nobody' }, []],
    [{ kind: 'term', key: 'MTU', value: 1500 }, ['x']],
    [{ kind: 'compare', key: 'MTU', op: 'gt', value: 1500 }, []],
    [{ kind: 'null', key: 'MTU' }, ['y']],
    [{ kind: 'term', key: '@ID', value: 'y' }, ['y']],
    [{ kind: 'compare', key: '@Revision', op: 'gte', value: 2 }, ['x']],
    [{ kind: 'not', filter: { kind: 'term', key: 'Type', value: 'veth' } }, ['x']],
    [
      {
        kind: 'or',
        filters: [
          { kind: 'term', key: 'Name', value: 'y' },
          { kind: 'term', key: 'MTU', value: 1500 },
        ],
      },
      ['x', 'y'],
    ],
    [{ kind: 'or', filters: [] }, ['x', 'y']],
    [
      {
        kind: 'and',
        filters: [
          { kind: 'term', key: 'MTU', value: 1500 },
          { kind: 'term', key: 'Type', value: 'device' },
        ],
      },
      ['x'],
    ],
    [{ kind: 'true' }, ['x', 'y']],
  ];
  for (const [filter, ids] of filters) {
    test(`${name}: selects ${JSON.stringify(filter)} at an instant`, () =>
      withHistory(async (history) => {
        for (const event of story(base)) history.append(event);
        assert.deepEqual(await found(history, point(t(25)), filter), ids);
      }));
  }

  test(`${name}: selects edges by their ends and their type`, () =>
    withHistory(async (history) => {
      for (const event of story(base)) history.append(event);
      const view = await history.view(point(t(40)));
      for (const [key, value, count] of [
        ['Parent', 'x', 1],
        ['Child', 'z', 1],
        ['Child', 'y', 0],
        ['RelationType', 'layer2', 1],
      ] as const) {
        assert.equal(view.select('edge', { kind: 'term', key, value }).length, count, `${key}=${value}`);
      }
      view.release();
    }));

  test(`${name}: a view stays what it was while the graph changes`, () =>
    withHistory(async (history) => {
      const [x1, ...rest] = story(base);
      history.append(x1!);
      const view = await history.view(point(t(1000)));
      for (const event of rest) history.append(event);
      await history.flush();
      assert.deepEqual(shown(view), ['x#1']);
      assert.equal(view.node(view.nodeById('x')).Metadata['MTU'], 9000);
      view.release();
      assert.deepEqual(await at(history, point(t(1000))), ['x#3', 'z#1']);
    }));

  test(`${name}: a query at the same instant sees what came late`, () =>
    withHistory(async (history) => {
      const late = node('late', t(3), { Name: 'late' });
      assert.deepEqual(await at(history, point(t(4))), []);
      history.append(added(late));
      assert.deepEqual(await at(history, point(t(4))), ['late#1']);
    }));

  test(`${name}: an element deleted and told again with its old creation time shows once`, () =>
    withHistory(async (history) => {
      const x = node('x', t(1), { Name: 'x' });
      history.append(added(x));
      await history.flush();
      history.append(deleted(x, t(10)));
      await history.flush();
      history.append(added(x));
      for (const seconds of [1, 5, 10, 11, 20])
        assert.deepEqual(await at(history, point(t(seconds))), ['x#1']);
    }));

  test(`${name}: metadata of every shape comes back as it was`, () =>
    withHistory(async (history) => {
      const shapes: MetadataMap[] = [
        { Name: 'n', A: { b: { c: 1, d: [1, { e: 'f' }] } }, N: null, T: true, F: 1.5, S: '' },
        { Name: 'n', A: { b: { c: 2 } }, T: false, F: -0.25, S: 'ü\u0000"\\' },
        { Name: 'n', A: [1, 2, 3], T: 'true' },
        { Name: 'n', A: { 'b.c': 1, '': 2 } },
        { Name: 'm' },
        { Name: 7, Type: ['a', 'b'] },
        {},
        JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "Name": "p"}') as MetadataMap,
        { Name: 'q', A: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i])) },
      ];
      let current = node('n', t(1), shapes[0]!);
      history.append(added(current));
      for (let step = 1; step < 200; step++) {
        const [next, event] = updated(current, t(1 + step), shapes[step % shapes.length]!);
        history.append(event);
        current = next;
      }
      for (const step of [0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 32, 33, 63, 64, 65, 100, 199]) {
        const view = await history.view(point(t(1 + step)));
        const expected = shapes[step % shapes.length];
        const actual = view.node(view.nodeById('n'));
        assert.equal(actual.Revision, step + 1);
        assert.equal(JSON.stringify(sorted(actual.Metadata)), JSON.stringify(sorted(expected)));
        view.release();
      }
      const all = await at(history, slice(t(0), t(1000)));
      assert.equal(all.length, 200);
    }));
}

/** With keys in order, as they go to clients. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
