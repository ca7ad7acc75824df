// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue, Node } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { isMap, setPath } from '../../../graph/metadata.js';

export interface HostNodeOptions {
  /** `host_id` */
  readonly hostId: string;
  readonly hostname: string;
  /** `agent.metadata`: merged at top level, dotted keys nest. */
  readonly metadata: { readonly [key: string]: MetadataValue };
}

/** Every key becomes a path, so that queries reach it. */
function nested(map: { readonly [key: string]: MetadataValue }): MetadataMap {
  let result: MetadataMap = {};
  for (const [key, value] of Object.entries(map)) {
    // A scalar that is there already wins over a path through it.
    result = setPath(result, key, isMap(value) ? nested(value) : value) ?? result;
  }
  return result;
}

/** The root of an agent's topology (probes.md §3). */
export function addHostNode(graph: Graph, options: HostNodeOptions): Node {
  return graph.addNode({
    Metadata: {
      ...nested(options.metadata),
      Name: options.hostId,
      Type: 'host',
      Hostname: options.hostname,
    },
  });
}
