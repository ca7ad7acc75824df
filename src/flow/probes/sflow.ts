// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import { tableOptions } from '../table-options.js';
import { type Listener, ListenerProbe, type ListenOptions } from './listener-probe.js';
import { listenOnNode, refuseListening } from './node-listener.js';
import type { FlowProbe, FlowProbeContext } from './probe.js';
import { flowTargetOf } from './target.js';

const usualPort = 6343;

/** Packets that sFlow agents sampled: capture type `sflow`. */
export async function startSflow(context: FlowProbeContext): Promise<FlowProbe> {
  const listener = await startSflowListener(context, listenOnNode(context, usualPort)).catch(refuseListening);
  return Object.assign(listener, { shown: { SFlowSocket: listener.socket } });
}

/**
 * Takes the datagrams of sFlow agents: what they sampled become flows of the context's node, what they count its
 * metadata `SFlow`. Rejects when no port is free.
 */
export async function startSflowListener(
  context: FlowProbeContext,
  listen: ListenOptions,
): Promise<Listener> {
  const target = await flowTargetOf(context);
  const { capture, node, config, logger } = context;
  const { format: _, linkType: __, ordered: ___, ...table } = tableOptions(capture, node, config, logger);
  const options = {
    ...table,
    ...listen,
    deferred: true,
    headerSize: capture.HeaderSize || 256,
    updateMs: config.getInt('flow.update') * 1000,
    expireMs: config.getInt('flow.expire') * 1000,
    ...(target !== undefined && { target }),
    ...(capture.BPFFilter && { filter: capture.BPFFilter }),
  };
  return ListenerProbe.start(
    context,
    listen.address,
    (ringBytes, ready) => new (addon().SflowCapture)({ ...options, ringBytes }, ready),
    target !== undefined,
  );
}
