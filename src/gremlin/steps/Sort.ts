// SPDX-License-Identifier: Apache-2.0

import { absorbsPage, pageOf, slicePage } from '../absorb.js';
import type { Nodes } from '../current.js';
import { leadingNodes } from '../leading.js';
import { refuse } from '../params.js';
import { sortNodes } from '../sorting.js';
import type { StepDefinition } from '../step.js';
import type { Call } from '../syntax.js';

/** Puts nodes in order. */
export const Sort: StepDefinition = {
  name: 'Sort',
  doc: 'Sorts by a key, ascending unless DESC comes first; by @CreatedAt without a key. Numbers come before texts, ties by ID.',
  accepts: ['V'],
  returns: 'V',
  order: 'drops',
  check: (call) => {
    sortingOf(call);
  },
  absorbs: absorbsPage,
  run: async (run, stage, input): Promise<Nodes> => {
    const { key, descending } = sortingOf(stage.call);
    const page = pageOf(stage);
    const nodes = input as Nodes;
    const named = [...run.names].filter(([, saved]) => saved === nodes);
    const most = page !== undefined && named.length === 0 ? Math.max(0, page.to) : Number.POSITIVE_INFINITY;
    const field = key ?? '@CreatedAt';
    const leading = await leadingNodes(run, nodes, field, descending, most);
    const candidates = leading === undefined ? nodes : { ...nodes, handles: leading };
    const handles = await sortNodes(run, candidates, field, descending, most);
    const sorted: Nodes = { ...nodes, handles, ordered: true };
    // What As saved is sorted too.
    for (const [name] of named) run.names.set(name, sorted);
    // The very one that As saved: a Sort behind this one sorts it again.
    return page === undefined ? sorted : { ...sorted, handles: slicePage(handles, page) };
  },
};

/** The key and direction of a Sort, absent key when none is given. */
export function sortingOf(call: Call): { readonly key: string | undefined; readonly descending: boolean } {
  const [first, second] = call.params;
  if (first === undefined) return { key: undefined, descending: false };
  if (call.params.length === 1 && first.kind === 'string') return { key: first.value, descending: false };
  if (
    call.params.length === 2 &&
    first.kind === 'constant' &&
    (first.value === 'ASC' || first.value === 'DESC') &&
    second?.kind === 'string'
  ) {
    return { key: second.value, descending: first.value === 'DESC' };
  }
  return refuse(call, 'a key, or ASC or DESC and a key');
}
