// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import { tableOptions } from '../table-options.js';
import { checkCaptured, LiveProbe } from './live-probe.js';
import { filterWithoutOwnTraffic } from './own-traffic.js';
import type { FlowProbe, FlowProbeContext } from './probe.js';
import { targetOf } from './target.js';

/** Packets of an interface through a ring that the kernel fills: capture type `afpacket`. */
export function startAfpacket(context: FlowProbeContext): Promise<FlowProbe> {
  return start(context, false);
}

/** Capture type `pcap`: the same, but the interface is told to take in what is not addressed to it. */
export function startPcap(context: FlowProbeContext): Promise<FlowProbe> {
  return start(context, true);
}

async function start(context: FlowProbeContext, promiscuous: boolean): Promise<FlowProbe> {
  const { capture, node, config, logger } = context;
  const target = await targetOf(capture, node);
  const filter = await filterWithoutOwnTraffic(capture, config, logger);
  checkCaptured(context);
  const { format: _, linkType: __, ordered: ___, ...table } = tableOptions(capture, node, config, logger);
  const options = {
    ...table,
    deferred: true,
    interface: node.name,
    encapType: node.encapType,
    promiscuous,
    headerSize: capture.HeaderSize || 256,
    updateMs: config.getInt('flow.update') * 1000,
    expireMs: config.getInt('flow.expire') * 1000,
    ...(filter !== undefined && { filter }),
    ...(target !== undefined && { target }),
    ...(node.namespacePath !== undefined && { namespacePath: node.namespacePath }),
  };
  return LiveProbe.start(
    context,
    (ringBytes, ready) => new (addon().PacketCapture)({ ...options, ringBytes }, ready),
    { countsPackets: true, toTarget: target !== undefined },
  );
}
