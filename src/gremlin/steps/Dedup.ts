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
    if (input.kind === 'Value') return { kind: 'Value', value: distinctValues(input.value) };
    const page = pageOf(stage);
    const from = input.kind === 'Paths' ? nodesOf(input) : (input as Nodes | Edges);
    const keys = stage.call.params.map((_, i) => stringAt(stage.call, i));
    const distinct = keys.length === 0 ? await byId(run, from) : await byKeys(run, from, keys);
    if (page === undefined) return distinct;
    const ordered = await run.ordered(distinct);
    return { ...ordered, handles: slicePage(ordered.handles, page) };
  },
};

function distinctValues(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const seen = new Set<string>();
  const distinct = listOf(value).filter((item) => {
    const text = JSON.stringify(item);
    return !seen.has(text) && seen.add(text);
  });
  return orNull(distinct);
}

function nodesOf({ scope, paths }: Paths): Nodes {
  const all = new HandleList();
  for (const path of paths) all.append(path);
  return { kind: 'V', scope, handles: all.take(), ordered: true };
}

async function byId(run: Run, from: Nodes | Edges): Promise<Nodes | Edges> {
  const { view } = from.scope;
  if (from.scope.isSlice) {
    // The oldest revision of each.
    const { handles } = await run.ordered(from);
    const seen = new Set<string>();
    const kept = handles.filter((handle) => {
      const { ID } = from.kind === 'V' ? view.node(handle) : view.edge(handle);
      return !seen.has(ID) && seen.add(ID);
    });
    return { ...from, handles: kept, ordered: true };
  }
  const seen = new HandleSet();
  return { ...from, handles: from.handles.filter((handle) => seen.add(handle)) };
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
