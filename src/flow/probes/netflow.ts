// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import { tableSettings } from '../table-options.js';
import { type Listener, ListenerProbe, type ListenOptions } from './listener-probe.js';
import { listenOnNode, refuseListening } from './node-listener.js';
import type { FlowProbe, FlowProbeContext } from './probe.js';
import { flowTargetOf } from './target.js';

const usualPort = 2055;

/** Flows that exporters of NetFlow 5 and 9 and of IPFIX report: capture type `netflow`. */
export async function startNetflow(context: FlowProbeContext): Promise<FlowProbe> {
  const listener = await startNetflowListener(context, listenOnNode(context, usualPort)).catch(
    refuseListening,
  );
  return Object.assign(listener, { shown: { NetFlowSocket: listener.socket } });
}

/**
 * Takes the datagrams of exporters: their records become flows of the context's node. Rejects when no port is free. Of
 * the capture's options only the node counts: exporters send no packets.
 */
export async function startNetflowListener(
  context: FlowProbeContext,
  listen: ListenOptions,
): Promise<Listener> {
  const target = await flowTargetOf(context);
  const { capture, node, config, logger } = context;
  const { format: _, linkType: __, ordered: ___, ...table } = tableSettings(config, logger);
  const options = {
    ...table,
    ...listen,
    deferred: true,
    nodeTid: node.tid,
    captureId: capture.UUID,
    updateMs: config.getInt('flow.update') * 1000,
    expireMs: config.getInt('flow.expire') * 1000,
    ...(target !== undefined && { target }),
  };
  return ListenerProbe.start(
    context,
    listen.address,
    (ringBytes, ready) => new (addon().NetflowCapture)({ ...options, ringBytes }, ready),
    target !== undefined,
  );
}
