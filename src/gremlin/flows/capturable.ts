// SPDX-License-Identifier: Apache-2.0

import { capturableTypes } from '../../flow/capture-types.js';
import type { Filter } from '../../graph/filter.js';
import type { Nodes, Paths } from '../current.js';
import type { Run } from '../run.js';

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
    await run.scheduler.each(handles, (handle) => {
      const { Host, Metadata } = scope.view.node(handle);
      const tid = Metadata['TID'];
      if (typeof tid !== 'string' || tid === '') return;
      const tids = byHost.get(Host) ?? new Set();
      byHost.set(Host, tids.add(tid));
    });
  }
  return new Map(Array.from(byHost, ([host, tids]) => [host, [...tids]]));
}
