// SPDX-License-Identifier: Apache-2.0

import type { NativePacketCaptureInstance } from '../../native/packet-capture.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStats } from './probe.js';
import { RingBudget } from './ring-budget.js';

/** Messages that are handed on between two turns of the event loop. */
const batch = 500;

/** Of all captures of this process. */
const ringBudget = new RingBudget();

/** Throws what is missing. */
export function checkCaptured({ capture, node }: FlowProbeContext): void {
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

/** A capture that runs in the addon, with a ring from the budget of all. */
export class LiveProbe implements FlowProbe {
  readonly countsPackets: boolean;
  readonly #ringBytes: number;
  readonly #context: FlowProbeContext;
  #live: NativePacketCaptureInstance | undefined;
  #draining = false;
  #failed = false;

  private constructor(context: FlowProbeContext, countsPackets: boolean, ringBytes: number) {
    this.#context = context;
    this.countsPackets = countsPackets;
    this.#ringBytes = ringBytes;
  }

  /** Starts a capture with a ring of this size; rejects when the kernel refuses. */
  static async start(
    context: FlowProbeContext,
    capture: (ringBytes: number, ready: () => void) => NativePacketCaptureInstance,
    { countsPackets }: { countsPackets: boolean },
  ): Promise<LiveProbe> {
    const ringBytes = ringBudget.take(context.config.getInt('agent.capture.ring_size'));
    const probe = new LiveProbe(context, countsPackets, ringBytes);
    try {
      const live = capture(ringBytes, () => probe.#drain());
      await live.open();
      probe.#live = live;
    } catch (error) {
      ringBudget.give(ringBytes);
      throw error;
    }
    probe.#drain();
    return probe;
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
      kernelFlowDropped: stats.kernelFlowDropped ?? 0,
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
    ringBudget.give(this.#ringBytes);
    this.#drain();
    while (this.#draining) await new Promise((resolve) => setImmediate(resolve));
  }
}
