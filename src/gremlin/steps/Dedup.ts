// SPDX-License-Identifier: Apache-2.0

import { absorbsPage, pageOf, slicePage } from '../absorb.js';
import type { Current, Edges, Nodes, Paths } from '../current.js';
import { retrieve } from '../fields.js';
import { HandleList, HandleSet } from '../handles.js';
import { listOf, orNull } from '../list.js';
import { stringAt, strings } from '../params.js';
import type { Run } from '../run.js';
import type { StepDefinition } from '../step.js';

/** Keeps the first of equals. */
export const Dedup: StepDefinition = {
  name: 'Dedup',
  doc: 'Keeps the first of equals: by ID, or by the values of the given keys; what has none of the keys is kept.',
  accepts: ['V', 'E', 'Value', 'Paths'],
  returns: 'what it follows; V after ShortestPathTo',
  // The first of equals by key depends on the order; by ID they are all the same.
  order: (call) => (call.params.length === 0 ? 'keeps' : 'needs'),
  check: strings,
  absorbs: absorbsPage,
  run: async (run, stage, input): Promise<Current> => {
    // A Limit behind the Dedup of values has no effect, as clients know it.
    if (input.kind === 'Value') return { kind: 'Value', value: await distinctValues(run, input.value) };
    const page = pageOf(stage);
    const from = input.kind === 'Paths' ? await nodesOf(run, input) : (input as Nodes | Edges);
    const keys = stage.call.params.map((_, i) => stringAt(stage.call, i));
    const distinct = keys.length === 0 ? await byId(run, from) : await byKeys(run, from, keys);
    if (page === undefined) return distinct;
    const ordered = await run.ordered(distinct);
    return { ...ordered, handles: slicePage(ordered.handles, page) };
  },
};

async function distinctValues(run: Run, value: unknown): Promise<unknown> {
  if (!Array.isArray(value)) return value;
  const byText = new Map<string, unknown>();
  await run.scheduler.each(listOf(value), (item) => {
    const text = JSON.stringify(item);
    if (!byText.has(text)) byText.set(text, item);
  });
  return orNull([...byText.values()]);
}

async function nodesOf(run: Run, { scope, paths }: Paths): Promise<Nodes> {
  const all = new HandleList();
  await run.scheduler.each(paths, (path) => all.append(path));
  return { kind: 'V', scope, handles: all.take(), ordered: true };
}

async function byId(run: Run, from: Nodes | Edges): Promise<Nodes | Edges> {
  const { view } = from.scope;
  if (from.scope.isSlice) {
    // The oldest revision of each.
    const { handles } = await run.ordered(from);
    const oldest = new Map<string, number>();
    await run.scheduler.each(handles, (handle) => {
      const { ID } = from.kind === 'V' ? view.node(handle) : view.edge(handle);
      if (!oldest.has(ID)) oldest.set(ID, handle);
    });
    return { ...from, handles: Uint32Array.from(oldest.values()), ordered: true };
  }
  const seen = new HandleSet();
  const kept = new HandleList();
  await run.scheduler.each(from.handles, (handle) => {
    if (seen.add(handle)) kept.push(handle);
  });
  return { ...from, handles: kept.take() };
}

async function byKeys(run: Run, from: Nodes | Edges, keys: readonly string[]): Promise<Nodes | Edges> {
  const ordered = await run.ordered(from);
  const { view } = from.scope;
  const seen = new Set<string>();
  const kept = new HandleList();
  for (let i = 0; i < ordered.handles.length; i++) {
    const handle = ordered.handles[i]!;
    const element = from.kind === 'V' ? view.node(handle) : view.edge(handle);
    const values = keys.map((key) => retrieve(element, key));
    // A missing value is told from null by its place being empty.
    const text = values.map((value) => (value === undefined ? '' : JSON.stringify(value))).join('\u0000');
    if (values.every((value) => value === undefined)) kept.push(handle);
    else if (!seen.has(text)) {
      seen.add(text);
      kept.push(handle);
    }
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
  }
  return { ...ordered, handles: kept.take() };
}
