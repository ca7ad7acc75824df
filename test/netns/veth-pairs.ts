// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { Graph } from '../../src/graph/graph.js';
import type { InterfaceState } from './kernel-truth.js';
import type { ScratchNamespace } from './scratch-namespace.js';

/** A namespace and the node that stands for it. */
export interface Place {
  readonly namespace: ScratchNamespace;
  readonly nodeId: string;
}

/**
 * Pairs of veth ends as the kernel tells them: `<place>/<index>` of both ends, sorted. Those that lead to the namespace
 * called `outside` are left out.
 */
export async function kernelPairs(
  places: readonly Place[],
  states: readonly Map<number, InterfaceState>[],
  outside?: string,
): Promise<string[]> {
  const pairs = new Set<string>();
  for (const [at, { namespace }] of places.entries()) {
    const ids = await namespace.json<{ nsid: number; name?: string }>('netns', 'list-id');
    for (const [index, { type, parentIndex, netNsId }] of states[at]!) {
      if (type !== 'veth' || parentIndex === undefined) continue;
      const name = netNsId === undefined ? namespace.name : ids.find(({ nsid }) => nsid === netNsId)?.name;
      if (name === outside && outside !== undefined) continue;
      const other = places.findIndex((place) => place.namespace.name === name);
      assert.ok(other >= 0, `the namespace of the peer of ${index} in ${namespace.name}`);
      pairs.add([`${at}/${index}`, `${other}/${parentIndex}`].sort().join(' '));
    }
  }
  return [...pairs].sort();
}

/** The same pairs by the edges of a graph; those between other places are left out. */
export function graphPairs(graph: Graph, places: readonly Place[]): string[] {
  const where = new Map(
    places.flatMap(({ nodeId }, at) =>
      graph.children(nodeId).map(({ ID, Metadata }) => [ID, `${at}/${Metadata['IfIndex']}`] as const),
    ),
  );
  return [...graph.edges()]
    .filter(({ Metadata }) => Metadata['Type'] === 'veth')
    .filter(({ Parent, Child }) => where.has(Parent) || where.has(Child))
    .map(({ Parent, Child }) => [where.get(Parent), where.get(Child)].sort().join(' '))
    .sort();
}
