// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue } from '../../../graph/element.js';
import type { NeighbourFacts } from '../../../native/netlink-monitor.js';
import { neighbourFlagNames, neighbourStateNames } from './bit-names.js';

/** An entry of `FDB` or `Neighbors` (probes.md §4.7); what is empty or zero is left out. */
export function neighbourMetadata(index: number, entry: NeighbourFacts): MetadataMap {
  const metadata: Record<string, MetadataValue> = {};
  if (entry.flags) {
    const flags = neighbourFlagNames(entry.flags);
    if (flags.length > 0) metadata['Flags'] = flags;
  }
  if (entry.mac) metadata['MAC'] = entry.mac;
  if (entry.ip) metadata['IP'] = entry.ip;
  if (entry.state) {
    const state = neighbourStateNames(entry.state);
    if (state.length > 0) metadata['State'] = state;
  }
  if (entry.vlan) metadata['Vlan'] = entry.vlan;
  if (entry.vni) metadata['VNI'] = entry.vni;
  metadata['IfIndex'] = index;
  return metadata;
}
