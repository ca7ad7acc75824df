// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import type { Nodes, Paths } from '../current.js';
import type { Run } from '../run.js';

/** Types of nodes that flows can be captured on. */
export const capturableTypes: readonly string[] = [
  'ovsbridge',
  'ovsport',
  'dpdkport',
  'internal',
  'veth',
  'tun',
  'bridge',
  'dummy',
  'gre',
  'bond',
  'can',
  'hsr',
  'ifb',
  'macvlan',
  'macvtap',
  'vlan',
  'vxlan',
  'gretap',
  'ip6gretap',
  'geneve',
  'ipoib',
  'vcan',
  'ipip',
  'ipvlan',
  'lowpan',
  'ip6tnl',
  'ip6gre',
  'sit',
  'device',
];

const known = new Set<unknown>(capturableTypes);
const capturable: Filter = {
  kind: 'test',
  key: 'Type',
  test: (value) => known.has(value),
  terms: capturableTypes,
};

/** The TIDs, by host, of those of the nodes that can be captured on. */
export async function capturedOn(
  run: Run,
  input: Nodes | Paths,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { scope } = input;
  const byHost = new Map<string, Set<string>>();
  for (const list of input.kind === 'V' ? [input.handles] : input.paths) {
    const handles = await run.select(scope, 'node', capturable, list);
    for (const { Host, Metadata } of await run.elements(scope, 'node', handles)) {
      const tid = Metadata['TID'];
      if (typeof tid !== 'string' || tid === '') continue;
      const tids = byHost.get(Host) ?? new Set();
      byHost.set(Host, tids.add(tid));
    }
  }
  return new Map(Array.from(byHost, ([host, tids]) => [host, [...tids]]));
}
