// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../../graph/element.js';
import type { Filter } from '../../graph/filter.js';
import { both } from '../conditions.js';
import type { Nodes } from '../current.js';
import type { FlowColumn } from '../flow-source.js';
import { HandleList } from '../handles.js';
import type { Run } from '../run.js';
import type { Scope } from '../scope.js';

/** No node; handles are not negative. */
const none = -1;

/** Finds, for the value of a key, the first node that has it. */
export type FindNode = (value: string) => number | undefined;

/** Texts of a field, whether it is one or a list. */
function valuesOf(value: MetadataValue | undefined): readonly string[] {
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
      test: (value) => valuesOf(value).some((text) => values.has(text)),
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
      for (const text of valuesOf(Metadata[key]))
        if (values.has(text) && !first.has(text)) first.set(text, handle);
  });
  return (value) => first.get(value);
}

/** The node found for each text of a column, by its place. */
async function nodeByPlace({ texts }: FlowColumn, find: FindNode, run: Run): Promise<Int32Array> {
  const nodes = new Int32Array(texts.length).fill(none);
  let at = 0;
  await run.scheduler.each(texts, (text) => {
    nodes[at++] = find(text) ?? none;
  });
  return nodes;
}

/** The nodes found for each flow, column after column, those not found left out. */
export async function nodesFrom(
  run: Run,
  scope: Scope,
  columns: readonly (readonly [column: FlowColumn, find: FindNode])[],
): Promise<Nodes> {
  const found = new HandleList();
  const sides: (readonly [places: Uint32Array, nodes: Int32Array])[] = [];
  for (const [column, find] of columns) sides.push([column.places, await nodeByPlace(column, find, run)]);
  const flows = sides[0]?.[0].length ?? 0;
  for (let flow = 0; flow < flows; flow++) {
    for (const [places, nodes] of sides) {
      // Beyond the texts where the flow lacks the field.
      const node = nodes[places[flow]!] ?? none;
      if (node !== none) found.push(node);
    }
    if ((flow & 4095) === 4095) {
      run.checkRows(found.length);
      if (run.scheduler.due()) await run.scheduler.pause();
    }
  }
  run.checkRows(found.length);
  return { kind: 'V', scope, handles: found.take(), ordered: true };
}

/** The texts of columns that are not empty. */
export async function textsOf(run: Run, columns: readonly FlowColumn[]): Promise<ReadonlySet<string>> {
  const texts = new Set<string>();
  for (const column of columns) {
    await run.scheduler.each(column.texts, (text) => {
      if (text !== '') texts.add(text);
    });
  }
  return texts;
}
