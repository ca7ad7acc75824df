// SPDX-License-Identifier: Apache-2.0

import type { NativePacketCaptureInstance, NativePacketCaptureStats } from '../../native/packet-capture.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStats, FlowProbeStatus } from './probe.js';
import { RingBudget } from './ring-budget.js';
import { TargetWatch } from './target-watch.js';

/** Messages that are handed on between two turns of the event loop. */
const batch = 500;

/** Of all captures of this process. */
const ringBudget = new RingBudget();

/** Throws what is missing. */
export function checkCaptured({ node }: FlowProbeContext): void {
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
}

export interface LiveProbeOptions {
  /** Whether `Captures` shows packet counters that are refreshed. */
  readonly countsPackets: boolean;
  /** False when the capture has no ring. */
  readonly ring?: boolean;
  /** Flows go to the capture's target. */
  readonly toTarget?: boolean;
  readonly shown?: (stats: NativePacketCaptureStats) => Readonly<Record<string, string>>;
  readonly status?: (stats: NativePacketCaptureStats) => FlowProbeStatus;
  /** Called with each look at the counters. */
  readonly watch?: (stats: NativePacketCaptureStats) => void;
}

/** A capture that runs in the addon, with a ring from the budget of all. */
export class LiveProbe implements FlowProbe {
  readonly countsPackets: boolean;
  readonly elsewhere: boolean;
  readonly #ringBytes: number;
  readonly #context: FlowProbeContext;
  readonly #options: LiveProbeOptions;
  readonly #target: TargetWatch | undefined;
  #live: NativePacketCaptureInstance | undefined;
  #draining = false;
  #failed = false;

  private constructor(context: FlowProbeContext, options: LiveProbeOptions, ringBytes: number) {
    this.#context = context;
    this.#options = options;
    this.countsPackets = options.countsPackets;
    this.elsewhere = options.toTarget === true;
    this.#target = this.elsewhere ? new TargetWatch(context) : undefined;
    this.#ringBytes = ringBytes;
  }

  /** Starts a capture with a ring of this size; rejects when the kernel refuses. */
  static async start(
    context: FlowProbeContext,
    capture: (ringBytes: number, ready: () => void) => NativePacketCaptureInstance,
    options: LiveProbeOptions,
  ): Promise<LiveProbe> {
    const wantedBytes = options.ring === false ? 0 : context.config.getInt('agent.capture.ring_size');
    const ringBytes = wantedBytes === 0 ? 0 : ringBudget.take(wantedBytes);
    const probe = new LiveProbe(context, options, ringBytes);
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

  get shown(): Readonly<Record<string, string>> {
    return this.#options.shown?.(this.#live!.stats()) ?? {};
  }

  status(): FlowProbeStatus | undefined {
    return this.#options.status?.(this.#live!.stats());
  }

  query(searchQuery: Uint8Array): Promise<Buffer> | undefined {
    return this.elsewhere ? undefined : this.#live!.query(searchQuery);
  }

  stats(): FlowProbeStats {
    const stats = this.#live!.stats();
    if (stats.error !== undefined && !this.#failed) {
      this.#failed = true;
      this.#context.failed(stats.error);
    }
    this.#options.watch?.(stats);
    if (stats.target !== undefined) this.#target?.look(stats.target);
    return {
      packetsReceived: stats.packetsReceived,
      packetsDropped: stats.packetsDropped,
      packetsIfDropped: 0,
      flowCount: stats.flowCount,
      flowDropped: stats.flowDropped,
      kernelFlowDropped: stats.kernelFlowDropped ?? 0,
      ...(stats.target !== undefined && { target: stats.target }),
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
