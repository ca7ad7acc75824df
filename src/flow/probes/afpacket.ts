// SPDX-License-Identifier: Apache-2.0

import { addon } from '../../native/addon.js';
import type { NativePacketCaptureInstance, NativePacketCaptureOptions } from '../../native/packet-capture.js';
import { tableOptions } from '../table-options.js';
import { filterWithoutOwnTraffic } from './own-traffic.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStats } from './probe.js';
import { RingBudget } from './ring-budget.js';

/** Messages that are handed on between two turns of the event loop. */
const batch = 500;

/** Of all captures of this process. */
const ringBudget = new RingBudget();

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
  const filter = await filterWithoutOwnTraffic(capture, config, logger);
  check(context);
  const rings = config.getInt('agent.capture.ring_size');
  const probe = new AfpacketProbe(context, ringBudget.take(rings));
  const { format: _, linkType: __, ordered: ___, ...table } = tableOptions(capture, node, config, logger);
  try {
    await probe.open({
      ...table,
      interface: node.name,
      encapType: node.encapType,
      promiscuous,
      headerSize: capture.HeaderSize || 256,
      ringBytes: probe.ringBytes,
      updateMs: config.getInt('flow.update') * 1000,
      expireMs: config.getInt('flow.expire') * 1000,
      ...(filter !== undefined && { filter }),
      ...(node.namespacePath !== undefined && { namespacePath: node.namespacePath }),
    });
  } catch (error) {
    ringBudget.give(probe.ringBytes);
    throw error;
  }
  return probe;
}

/** Throws what is missing. */
function check({ capture, node }: FlowProbeContext): void {
  const missing = [
    ['Name', node.name],
    ['TID', node.tid],
    ['EncapType', node.encapType],
  ].filter(([, value]) => value === '');
  if (missing.length > 0) {
    throw new Error(`node ${node.id} has no ${missing.map(([key]) => key).join(', ')} yet`);
  }
  const flags = node.metadata['LinkFlags'];
  if (!Array.isArray(flags) || !flags.includes('UP')) {
    throw new Error(`${node.name} is down: set it up (ip link set ${node.name} up)`);
  }
  const target = capture.TargetType ?? '';
  if (target !== '' && target !== 'local') {
    throw new Error(`TargetType ${target} is not there: leave it empty to send the flows to the analyzer`);
  }
}

class AfpacketProbe implements FlowProbe {
  readonly countsPackets = true;
  readonly ringBytes: number;
  readonly #context: FlowProbeContext;
  #live: NativePacketCaptureInstance | undefined;
  #draining = false;
  #failed = false;

  constructor(context: FlowProbeContext, ringBytes: number) {
    this.#context = context;
    this.ringBytes = ringBytes;
  }

  async open(options: NativePacketCaptureOptions): Promise<void> {
    const live = new (addon().PacketCapture)({ ...options, deferred: true }, () => this.#drain());
    await live.open();
    this.#live = live;
    this.#drain();
  }

  query(searchQuery: Uint8Array): Promise<Buffer> {
    return this.#live!.query(searchQuery);
  }

  stats(): FlowProbeStats {
    const stats = this.#live!.stats();
    if (stats.error !== undefined && !this.#failed) {
      this.#failed = true;
      this.#context.failed(stats.error);
    }
    return {
      packetsReceived: stats.packetsReceived,
      packetsDropped: stats.packetsDropped,
      packetsIfDropped: 0,
      flowCount: stats.flowCount,
      flowDropped: stats.flowDropped,
      kernelFlowDropped: 0,
    };
  }

  /** Hands on what waits, a batch a turn. */
  #drain(): void {
    const live = this.#live;
    if (this.#draining || live === undefined) return;
    this.#draining = true;
    const more = () => {
      const messages = live.take(batch);
      if (messages.length > 0) this.#context.send(messages);
      if (messages.length === batch) setImmediate(more);
      else this.#draining = false;
    };
    more();
  }

  async stop(): Promise<void> {
    await this.#live!.end();
    ringBudget.give(this.ringBytes);
    this.#drain();
    while (this.#draining) await new Promise((resolve) => setImmediate(resolve));
  }
}
