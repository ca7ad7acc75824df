// SPDX-License-Identifier: Apache-2.0

import type { FlowProbeContext, FlowProbeStats, OvsCapturing } from './probe.js';

/** Of a capture whose packets others look at. */
export const noStats: FlowProbeStats = {
  packetsReceived: 0,
  packetsDropped: 0,
  packetsIfDropped: 0,
  flowCount: 0,
  flowDropped: 0,
  kernelFlowDropped: 0,
};

/** What a capture in Open vSwitch needs of its node and of the agent. Throws what is missing. */
export function ovsOf({ node, ovs }: FlowProbeContext): {
  readonly ovs: OvsCapturing;
  readonly uuid: string;
} {
  if (ovs === undefined) {
    throw new Error(
      'this agent does not follow Open vSwitch: see ovsdb in its agent.topology.probes, and ovs.ovsdb',
    );
  }
  const uuid = node.metadata['UUID'];
  if (typeof uuid !== 'string' || uuid === '') throw new Error(`${node.name} has no UUID of Open vSwitch`);
  return { ovs, uuid };
}
