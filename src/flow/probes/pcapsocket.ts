// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import type { NativePacketCaptureStats, NativeStreamStats } from '../../native/packet-capture.js';
import { tableOptions } from '../table-options.js';
import { LiveProbe } from './live-probe.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStatus } from './probe.js';
import { literalOf, targetOf } from './target.js';

/**
 * Packets that others send as capture files over TCP: capture type `pcapsocket`. The port is shown on the node
 * (`PCAPSocket`); it is in the agent's own network namespace.
 */
export async function startPcapsocket(context: FlowProbeContext): Promise<FlowProbe> {
  const { capture, node, config, logger } = context;
  if (node.tid === '') throw new Error(`node ${node.id} has no TID yet`);
  const target = await targetOf(capture, node);
  const { format: _, linkType: __, ordered: ___, ...table } = tableOptions(capture, node, config, logger);
  const options = {
    ...table,
    // As in the original.
    ipDefrag: false,
    deferred: true,
    address: await literalOf(config.getString('agent.flow.pcapsocket.bind_address')),
    minPort: config.getInt('agent.flow.pcapsocket.min_port'),
    maxPort: config.getInt('agent.flow.pcapsocket.max_port'),
    updateMs: config.getInt('flow.update') * 1000,
    expireMs: config.getInt('flow.expire') * 1000,
    ...(capture.BPFFilter !== undefined && { filter: capture.BPFFilter }),
    ...(target !== undefined && { target }),
  };
  return LiveProbe.start(context, (_ringBytes, ready) => new (addon().PcapSocketCapture)(options, ready), {
    countsPackets: false,
    toTarget: target !== undefined,
    ring: false,
    shown: ({ streams }) => ({ PCAPSocket: streams?.address ?? '' }),
    status: ({ streams }) => statusOf(streams!),
    watch: complaintsOf(context),
  });
}

function statusOf({ address, open, ended, failed, refused }: NativeStreamStats): FlowProbeStatus {
  return { Socket: address, Streams: open, Ended: ended, Failed: failed, Refused: refused };
}

/** Tells of streams that failed or were refused since the last look. */
function complaintsOf({ capture, logger }: FlowProbeContext): (stats: NativePacketCaptureStats) => void {
  let told = 0;
  return ({ streams }) => {
    const bad = (streams?.failed ?? 0) + (streams?.refused ?? 0);
    if (streams === undefined || bad === told) return;
    logger.warn(
      `pcapsocket ${streams.address} of capture ${capture.UUID}: ${bad - told} streams failed: ${streams.error}`,
    );
    told = bad;
  };
}
