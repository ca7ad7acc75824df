// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Edge, ElementKind, MetadataMap, Millis, Node } from '../../graph/element.js';
import type { TimeSlice, ViewContext } from '../../graph/view.js';
import { added, deleted, edge, node, point, slice, updated } from '../history.contract.js';
import { LevelHistory } from './history.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Revision {
  element: Node | Edge;
  archivedAt: Millis | null;
}

/** The specification's history (graph.md §9), by the letter and without any index. */
class Naive {
  readonly revisions: Revision[] = [];

  open(id: string): Revision | undefined {
    return this.revisions.find(({ element, archivedAt }) => element.ID === id && archivedAt === null);
  }

  add(element: Node | Edge): void {
    this.revisions.push({ element, archivedAt: null });
  }

  update(element: Node | Edge): void {
    this.open(element.ID)!.archivedAt = element.UpdatedAt;
    this.add(element);
  }

  remove(id: string, at: Millis): void {
    const revision = this.open(id)!;
    revision.element = { ...revision.element, DeletedAt: at };
    revision.archivedAt = at;
  }

  #selected(kind: ElementKind, { start, last }: TimeSlice): (Node | Edge)[] {
    return this.revisions
      .filter(({ element, archivedAt }) => {
        const { CreatedAt, UpdatedAt, DeletedAt } = element;
        return (
          'Parent' in element === (kind === 'edge') &&
          CreatedAt <= last &&
          (DeletedAt === null || DeletedAt >= start) &&
          UpdatedAt <= last &&
          (archivedAt === null || archivedAt >= start)
        );
      })
      .map(({ element }) => {
        const later = element.DeletedAt !== null && element.DeletedAt > last;
        return later ? { ...element, DeletedAt: null } : element;
      });
  }

  view(kind: ElementKind, context: ViewContext & { slice: TimeSlice }): (Node | Edge)[] {
    let found = this.#selected(kind, context.slice);
    if (context.kind === 'instant') {
      found = found.filter(
        (one) => !found.some((other) => other.ID === one.ID && other.Revision > one.Revision),
      );
    }
    if (kind === 'node') return found;
    const nodes = new Set(this.view('node', context).map(({ ID }) => ID));
    return found.filter((one) => nodes.has((one as Edge).Parent) && nodes.has((one as Edge).Child));
  }
}

const step = fc.record({
  what: fc.constantFrom(
    'node',
    'node',
    'edge',
    'update',
    'update',
    'update',
    'delete',
    'flush',
    'reopen',
    'roll',
  ),
  id: fc.integer({ min: 0, max: 5 }),
  other: fc.integer({ min: 0, max: 5 }),
  afterMs: fc.integer({ min: 1, max: 3 }),
  metadata: fc.dictionary(
    fc.constantFrom('Name', 'Type', 'MTU', 'Nested', 'List'),
    fc.oneof(
      fc.constantFrom('a', 'b', 'c', 7, true, null),
      fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.constantFrom(1, 2, 'z')),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    ),
  ),
});

/** As JSON gives it, so that the two sides compare by content. */
function plain(elements: readonly (Node | Edge)[]): string[] {
  return elements.map((element) => JSON.stringify(element, (_key, value: unknown) => sorted(value))).sort();
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

test('random histories equal the specification, over restarts and new windows', {
  timeout: 120_000,
}, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      let now = 1_000_000;
      const naive = new Naive();
      const folder = join(root, String(run++));
      // A window a 24th of the age: whenever the clock leaps.
      const open = (): Promise<LevelHistory> =>
        LevelHistory.open({ folder, now: () => now, retention: { maxAgeMs: 24 * 1000 } });
      let history = await open();
      const record = (event: Parameters<LevelHistory['append']>[0]): void => history.append(event);
      const remove = (id: string): void => {
        const { element } = naive.open(id)!;
        record(deleted(element, now));
        naive.remove(id, now);
      };
      for (const { what, id, other, afterMs, metadata } of steps) {
        now += afterMs;
        const nodeId = `n${id}`;
        const known = naive.open(nodeId)?.element;
        if (what === 'node' && known === undefined) {
          const added_ = node(nodeId, now, metadata as MetadataMap);
          naive.add(added_);
          record(added(added_));
        } else if (what === 'edge') {
          const edgeId = `e${id}-${other}`;
          const end = naive.open(`n${other}`);
          if (known === undefined || end === undefined || naive.open(edgeId) !== undefined) continue;
          const link = edge(edgeId, now, nodeId, `n${other}`);
          naive.add(link);
          record(added(link));
        } else if (what === 'update' && known !== undefined) {
          const [next, event] = updated(known, now, metadata as MetadataMap);
          naive.update(next);
          record(event);
        } else if (what === 'delete' && known !== undefined) {
          const links = naive.revisions.filter(
            ({ element, archivedAt }) =>
              archivedAt === null &&
              'Parent' in element &&
              (element.Parent === nodeId || element.Child === nodeId),
          );
          for (const { element } of links) remove(element.ID);
          remove(nodeId);
        } else if (what === 'flush') {
          await history.flush();
        } else if (what === 'reopen') {
          await history.close();
          history = await open();
        } else if (what === 'roll') {
          await history.flush();
          now += 2000;
        }
      }
      const end = now + 1;
      const contexts: (ViewContext & { slice: TimeSlice })[] = [];
      for (const at of new Set([
        999_999,
        ...naive.revisions.flatMap(({ element: { UpdatedAt, DeletedAt } }) => [
          UpdatedAt,
          UpdatedAt + 1,
          DeletedAt ?? end,
        ]),
      ])) {
        contexts.push(point(at) as ViewContext & { slice: TimeSlice });
      }
      const middle = Math.floor((1_000_000 + end) / 2);
      for (const [start, last] of [
        [0, end],
        [middle, end],
        [0, middle],
        [middle, middle],
        [middle, middle + 5],
      ] as const) {
        contexts.push(slice(start, last) as ViewContext & { slice: TimeSlice });
      }
      for (const context of contexts) {
        const view = await history.view(context);
        const nodes = [...view.nodes()].map((handle) => view.node(handle));
        const edges = [...view.edges()].map((handle) => view.edge(handle));
        const where = JSON.stringify(context);
        assert.deepEqual(plain(nodes), plain(naive.view('node', context)), where);
        assert.deepEqual(plain(edges), plain(naive.view('edge', context)), where);
        for (const key of ['Name', 'MTU']) {
          for (const value of ['a', 7] as const) {
            const all = view.nodes();
            const passing = view.select('node', { kind: 'term', key, value });
            const one = [...view.select('node', { kind: 'term', key, value }, all)];
            assert.deepEqual([...passing], one, `${where} ${key}=${value}`);
            assert.deepEqual(
              [...passing].map((handle) => view.node(handle).ID).sort(),
              nodes
                .filter(({ Metadata }) => equals(Metadata[key], value))
                .map(({ ID }) => ID)
                .sort(),
              `${where} ${key}=${value}`,
            );
          }
        }
        view.release();
      }
      await history.close();
    }),
    { numRuns: 60 },
  );
});

function equals(actual: unknown, wanted: string | number): boolean {
  if (Array.isArray(actual)) return actual.some((item) => equals(item, wanted));
  if (typeof actual === 'object' && actual !== null) return false;
  // The specification's cast: booleans and null are integers, too.
  if (typeof wanted === 'number') return Number(actual ?? 0) === wanted && actual !== undefined;
  return actual === wanted;
}
