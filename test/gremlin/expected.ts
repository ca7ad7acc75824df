// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { Element } from '../../src/graph/element.js';
import type { Result } from '../../src/gremlin/result.js';

// The notation of the conformance rows: `V{a b}` nodes in any order, `V[a b]` in this order, E edges, F flows,
// `P{[a b] …}` paths, `G{nodes / edges}` a graph, `x#2` revision 2 of x; anything else is JSON, lists as multisets.

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function names(elements: readonly Element[], withRevision: boolean): string[] {
  return elements.map(({ ID, Revision }) => (withRevision ? `${ID}#${Revision}` : ID));
}

/** Sorted by their text: lists of unsorted input compare as multisets. */
function multiset(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .map((item: unknown) => [JSON.stringify(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}

/** Checks a result against the notation. `sorted`: the query sorts, so the order of a JSON list counts. */
export function assertExpected(result: Result, expected: string, sorted: boolean): void {
  const elements = /^([VEF])([[{])(.*)[\]}]$/.exec(expected);
  if (elements !== null) {
    const [, kind, bracket, list] = elements;
    const wanted = words(list!);
    const value = result.toJSON() as readonly (Element & { UUID?: string })[];
    assert.equal(result.kind, kind === 'F' ? 'Flows' : kind);
    const got = kind === 'F' ? value.map(({ UUID }) => UUID ?? '') : names(value, expected.includes('#'));
    if (bracket === '[') assert.deepEqual(got, wanted);
    else assert.deepEqual([...got].sort(), [...wanted].sort());
    return;
  }
  if (/^P\{/.test(expected)) {
    assert.equal(result.kind, 'Paths');
    const wanted = [...expected.matchAll(/\[([^\]]*)\]/g)].map(([, path]) => words(path!));
    const got = (result.toJSON() as readonly (readonly Element[])[]).map((path) => names(path, false));
    assert.deepEqual(multiset(got), multiset(wanted));
    return;
  }
  if (/^G\{/.test(expected)) {
    assert.equal(result.kind, 'Graph');
    const [wantedNodes, wantedEdges] = expected.slice(2, -1).split('/').map(words) as [string[], string[]];
    const [graph] = result.toJSON() as [{ Nodes: Element[] | null; Edges: Element[] | null }];
    assert.deepEqual(names(graph.Nodes ?? [], false).sort(), wantedNodes.sort());
    assert.deepEqual(names(graph.Edges ?? [], false).sort(), wantedEdges.sort());
    return;
  }
  const wanted: unknown = JSON.parse(expected);
  const got: unknown = JSON.parse(JSON.stringify(result.toJSON()));
  if (sorted) assert.deepEqual(got, wanted);
  else assert.deepEqual(multiset(got), multiset(wanted));
}
