// SPDX-License-Identifier: Apache-2.0

import { captureTypesOf } from '../capture-types.js';
import type { FlowProbeType } from './probe.js';

/** The ways to capture that this program has: one row a capture type. */
export const flowProbeTypes: readonly FlowProbeType[] = [
  { type: 'afpacket', load: async () => (await import('./afpacket.js')).startAfpacket },
  { type: 'pcap', load: async () => (await import('./afpacket.js')).startPcap },
  { type: 'pcapsocket', load: async () => (await import('./pcapsocket.js')).startPcapsocket },
  { type: 'ebpf', load: async () => (await import('./ebpf.js')).startEbpf },
  { type: 'sflow', load: async () => (await import('./sflow.js')).startSflow },
  { type: 'netflow', load: async () => (await import('./netflow.js')).startNetflow },
  { type: 'ovssflow', load: async () => (await import('./ovs-export.js')).startOvssflow },
  { type: 'ovsnetflow', load: async () => (await import('./ovs-export.js')).startOvsnetflow },
  { type: 'ovsmirror', load: async () => (await import('./ovs-mirror.js')).startOvsmirror },
];

/** How a node is to be captured: as the capture says, else the usual way. Throws a text for the operator. */
export function flowProbeTypeOf(
  captureType: string | undefined,
  nodeType: string,
  types: readonly FlowProbeType[] = flowProbeTypes,
): FlowProbeType {
  const allowed: readonly string[] = captureTypesOf(nodeType);
  const wanted = captureType || allowed[0];
  if (wanted === undefined) {
    throw new Error(`nodes of type ${nodeType} cannot be captured: select interfaces, bridges or ports`);
  }
  if (!allowed.includes(wanted)) {
    const instead = allowed.length === 0 ? 'it has none' : `it has ${allowed.join(', ')}`;
    throw new Error(`Capture type ${wanted} not allowed on this node type: ${nodeType} (${instead})`);
  }
  const found = types.find(({ type }) => type === wanted);
  if (found === undefined) {
    throw new Error(
      `Unable to find probe for this capture type: ${wanted} (this agent has ${types.map(({ type }) => type).join(', ')})`,
    );
  }
  return found;
}
