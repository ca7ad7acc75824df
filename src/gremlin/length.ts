// SPDX-License-Identifier: Apache-2.0

import type { Current } from './current.js';

/** How many a result holds, as Count has it: of metrics, packets and the like the keys. */
export async function lengthOf(current: Current): Promise<number> {
  switch (current.kind) {
    case 'V':
    case 'E':
      return current.handles.length;
    case 'Paths':
      return current.paths.length;
    case 'Value':
      return Array.isArray(current.value) ? current.value.length : 1;
    case 'Graph':
      return current.scope.view.nodeCount;
    case 'Flows':
      return current.count();
    case 'Metrics':
      return current.series.size;
    case 'RawPackets':
      return current.packets.size;
    case 'Sockets':
      return current.sockets.size;
    case 'Group':
      return current.groups.size;
    case 'NextHop':
      return current.hops.size;
  }
}
