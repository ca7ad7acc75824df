// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import { tableSettings } from '../table-options.js';
import { checkCaptured, LiveProbe } from './live-probe.js';
import type { FlowProbe, FlowProbeContext } from './probe.js';
import { flowTargetOf } from './target.js';

/**
 * Packets counted in the kernel: capture type `ebpf`. Of the capture's options only its node counts, as in the
 * original: the kernel keeps no packet that could be looked at again.
 */
export async function startEbpf(context: FlowProbeContext): Promise<FlowProbe> {
  const { capture, node, config, logger } = context;
  const target = await flowTargetOf(context);
  checkCaptured(context);
  const { format: _, linkType: __, ordered: ___, ...table } = tableSettings(config, logger);
  const options = {
    ...table,
    deferred: true,
    nodeTid: node.tid,
    captureId: capture.UUID,
    interface: node.name,
    encapType: node.encapType,
    updateMs: config.getInt('flow.update') * 1000,
    expireMs: config.getInt('flow.expire') * 1000,
    ...(target !== undefined && { target }),
    ...(node.namespacePath !== undefined && { namespacePath: node.namespacePath }),
  };
  return LiveProbe.start(
    context,
    (ringBytes, ready) => new (addon().EbpfCapture)({ ...options, ringBytes }, ready),
    { countsPackets: false, toTarget: target !== undefined },
  );
}
