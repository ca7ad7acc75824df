// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../../graph/element.js';
import type { Filter } from '../../graph/filter.js';
import { both } from '../conditions.js';
import type { Nodes } from '../current.js';
import type { Flow } from '../flow-source.js';
import { HandleList } from '../handles.js';
import type { Run } from '../run.js';
import type { Scope } from '../scope.js';

/** Finds, for the value of a key, the first node that has it. */
export type FindNode = (value: string) => number | undefined;

/** Texts of a field, whether it is one or a list. */
function textsOf(value: MetadataValue | undefined): readonly string[] {
  const items: readonly (MetadataValue | undefined)[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === 'string');
}

/** Looks up, at once, the nodes whose `keys` have one of the values; the first in order of creation counts. */
export async function findNodes(
  run: Run,
  scope: Scope,
  keys: readonly string[],
  values: ReadonlySet<string>,
  condition: Filter | undefined,
): Promise<FindNode> {
  const terms = [...values];
  const anyOf: Filter = {
    kind: 'or',
    filters: keys.map((key) => ({
      kind: 'test',
      key,
      test: (value) => textsOf(value).some((text) => values.has(text)),
      terms,
    })),
  };
  const first = new Map<string, number>();
  if (terms.length === 0) return () => undefined;
  const found = await run.select(scope, 'node', both(anyOf, condition));
  const handles = await run.order(scope, 'node', found);
  await run.scheduler.each(handles, (handle) => {
    const { Metadata } = scope.view.node(handle);
    for (const key of keys)
      for (const text of textsOf(Metadata[key]))
        if (values.has(text) && !first.has(text)) first.set(text, handle);
  });
  return (value) => first.get(value);
}

/** The nodes found for each flow, in order, those not found left out. */
export async function nodesFrom(
  run: Run,
  scope: Scope,
  flows: readonly Flow[],
  nodesOf: (flow: Flow) => readonly (number | undefined)[],
): Promise<Nodes> {
  const found = new HandleList();
  await run.scheduler.each(flows, (flow) => {
    for (const handle of nodesOf(flow)) if (handle !== undefined) found.push(handle);
  });
  run.checkRows(found.length);
  return { kind: 'V', scope, handles: found.take(), ordered: true };
}
