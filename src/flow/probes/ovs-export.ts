// SPDX-License-Identifier: Apache-2.0

import { formatAddress, parseAddress } from '../../config/address.js';
import type { Config } from '../../config/key.js';
import { BridgeExport } from '../../ovs/bridge-export.js';
import type { Row } from '../../ovs/value.js';
import type { Listener, ListenOptions } from './listener-probe.js';
import { startNetflowListener } from './netflow.js';
import { noStats, ovsOf } from './ovs-capturing.js';
import { filterWithoutOwnTraffic } from './own-traffic.js';
import type { FlowProbe, FlowProbeContext } from './probe.js';
import { startSflowListener } from './sflow.js';
import { literalOf } from './target.js';

/** What stands for a rate that is not given: nothing is sampled, only counters come. */
const noSampling = 4_294_967_295;

/** The packets that a bridge samples and sends by sFlow: capture type `ovssflow`. */
export async function startOvssflow(context: FlowProbeContext): Promise<FlowProbe> {
  const { capture, config, logger } = context;
  const row = (target: string): Row => ({
    agent: 'lo',
    targets: target,
    header: capture.HeaderSize || 256,
    sampling: capture.SamplingRate < 1 ? noSampling : capture.SamplingRate,
    polling: capture.PollingInterval,
  });
  return start(context, 'sFlow', row, async () => {
    const filter = await filterWithoutOwnTraffic(capture, config, logger);
    const filtered = { ...capture, ...(filter !== undefined && { BPFFilter: filter }) };
    return startSflowListener({ ...context, capture: filtered }, whereFrom(config, 'sflow'));
  });
}

/** The flows that a bridge reports by NetFlow 5: capture type `ovsnetflow`. */
export async function startOvsnetflow(context: FlowProbeContext): Promise<FlowProbe> {
  const row = (target: string): Row => ({
    targets: target,
    engine_id: 1,
    engine_type: 10,
    add_id_to_interface: true,
  });
  return start(context, 'NetFlow', row, () =>
    startNetflowListener(context, whereFrom(context.config, 'netflow')),
  );
}

function whereFrom(config: Config, protocol: 'sflow' | 'netflow'): ListenOptions {
  const key = (name: string) => `agent.flow.${protocol}.${name}`;
  return {
    address: config.getString(key('bind_address')),
    portMin: config.getInt(key('port_min')),
    portMax: config.getInt(key('port_max')),
  };
}

/** A target as Open vSwitch reads it: it looks up no names. */
async function addressOf(target: string): Promise<string> {
  const { host, port } = parseAddress(target);
  return formatAddress({ host: await literalOf(host), port });
}

/** Has the bridge send to a listener, or to the capture's target: then there are no flows here. */
async function start(
  context: FlowProbeContext,
  kind: 'sFlow' | 'NetFlow',
  row: (target: string) => Row,
  listen: () => Promise<Listener>,
): Promise<FlowProbe> {
  const { capture, node, logger } = context;
  const { ovs, uuid: bridge } = ovsOf(context);
  if (node.tid === '') throw new Error(`node ${node.id} has no TID yet`);
  const { database } = ovs;
  const listener = capture.Target ? undefined : await listen();
  let sent: BridgeExport;
  try {
    const target = listener?.socket ?? (await addressOf(capture.Target!));
    sent = await BridgeExport.start({ database, kind, bridge, row: row(target), logger });
  } catch (error) {
    await listener?.stop();
    throw error;
  }
  if (listener === undefined) {
    return {
      countsPackets: false,
      elsewhere: true,
      query: () => undefined,
      stats: () => noStats,
      stop: () => sent.stop(),
    };
  }
  return {
    countsPackets: listener.countsPackets,
    query: (searchQuery) => listener.query(searchQuery),
    stats: () => listener.stats(),
    status: () => listener.status?.(),
    stop: async () => {
      await sent.stop();
      await listener.stop();
    },
  };
}
