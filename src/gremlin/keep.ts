// SPDX-License-Identifier: Apache-2.0

import type { Element, MetadataMap } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';
import { compile } from '../graph/match.js';
import { pageOf, slicePage } from './absorb.js';
import { conditionsOf } from './conditions.js';
import type { Current, Edges, Nodes } from './current.js';
import { GremlinError } from './error.js';
import { listOf } from './list.js';
import { kindOf, type Run } from './run.js';
import type { Socket } from './sockets.js';
import { standIn } from './stand-in.js';
import type { Stage } from './step.js';
import type { Call } from './syntax.js';

/** The conditions of a step that cannot do without. */
export function requireConditions(call: Call, join: 'and' | 'or'): Filter {
  const filter = conditionsOf(call, join);
  if (filter !== undefined) return filter;
  throw new GremlinError(
    'X-ARG',
    `${call.name} at position ${call.position} takes a key, or pairs of a key and a value`,
  );
}

/** Keeps of nodes, edges or values those that pass. */
export async function keep(run: Run, stage: Stage, input: Current, filter: Filter): Promise<Current> {
  const page = pageOf(stage);
  if (input.kind === 'Value') {
    const kept = slicePage(passing(listOf(input.value), filter), page);
    return { kind: 'Value', value: kept.length === 0 ? null : kept };
  }
  if (input.kind === 'Sockets') {
    if (stage.call.params.length < 2)
      throw new GremlinError('X-ARG', `${stage.call.name} of sockets takes pairs of a field and a value`);
    const sockets = new Map<string, readonly Socket[]>();
    for (const [id, list] of input.sockets) {
      const kept = passing(list, filter) as readonly Socket[];
      if (kept.length > 0) sockets.set(id, kept);
    }
    return { kind: 'Sockets', sockets };
  }
  const from = input as Nodes | Edges;
  const handles = await run.select(from.scope, kindOf(from), filter, from.handles);
  if (page === undefined) return { ...from, handles };
  const ordered = await run.ordered<Nodes | Edges>({ ...from, handles });
  return { ...ordered, handles: slicePage(ordered.handles, page) };
}

/** Of a list of values the maps that pass; everything else is dropped. */
function passing(values: readonly unknown[], filter: Filter): unknown[] {
  // The key as written first: ValueMap makes keys with dots in them.
  const matches = compile('node', filter);
  return values.filter((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return matches(pseudoElement(value as MetadataMap));
  });
}

function pseudoElement(map: MetadataMap): Element {
  const nested: Record<string, unknown> = { ...map };
  for (const [key, value] of Object.entries(map)) if (key.includes('.')) nest(nested, key, value);
  return standIn(nested as MetadataMap);
}

/** Makes a dotted key reachable as a path. */
function nest(map: Record<string, unknown>, key: string, value: unknown): void {
  const dot = key.indexOf('.');
  if (dot < 0) {
    map[key] = value;
    return;
  }
  const head = key.slice(0, dot);
  const inner = map[head];
  const copy = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
  map[head] = copy;
  nest(copy as Record<string, unknown>, key.slice(dot + 1), value);
}
