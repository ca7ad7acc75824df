// SPDX-License-Identifier: Apache-2.0

import type { Capture } from '../../flow/capture.js';
import { capturableTypes, sharesNodes } from '../../flow/capture-types.js';
import type { MetadataMap, Node } from '../../graph/element.js';
import type { GraphSource } from '../../graph/view.js';
import { parseQuery } from '../../gremlin/query.js';

const capturable = new Set<unknown>(capturableTypes);

/** Time that the query of one capture may take. */
const timeoutMs = 30_000;

/** The nodes that the query of a capture selects, each once; nodes of paths count. Throws what the query throws. */
export async function selectedNodes(
  capture: Pick<Capture, 'GremlinQuery'>,
  source: GraphSource,
): Promise<readonly Node[]> {
  const result = await parseQuery(capture.GremlinQuery ?? '').run(source, { timeoutMs });
  const found = result.kind === 'V' ? result.nodes : result.kind === 'Paths' ? result.paths.flat() : [];
  return [...new Map(found.map((node) => [node.ID, node])).values()];
}

/** The captures that a node shows. */
export function capturesOf({ Metadata }: Node): readonly MetadataMap[] {
  const list = Metadata['Captures'];
  return Array.isArray(list)
    ? (list as readonly (MetadataMap | null)[]).filter((entry) => entry !== null)
    : [];
}

/** Whether a capture is to be started on a node that it selects. */
export function canCapture(capture: Capture, node: Node): boolean {
  if (node.Host === '' || !capturable.has(node.Metadata['Type'])) return false;
  const alone = !sharesNodes(capture.Type);
  return capturesOf(node).every(({ ID, Type }) => ID !== capture.UUID && !(alone && Type === capture.Type));
}

/** How many captures, whichever they are, are active on the nodes that a capture selects; 0 when its query fails. */
export async function activeCount(capture: Capture, source: GraphSource): Promise<number> {
  try {
    const nodes = await selectedNodes(capture, source);
    return nodes.reduce(
      (count, node) => count + capturesOf(node).filter(({ State }) => State === 'active').length,
      0,
    );
  } catch {
    return 0;
  }
}
