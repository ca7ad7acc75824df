// SPDX-License-Identifier: Apache-2.0

import type {
  NativePacketCaptureInstance,
  NativePacketCaptureOptions,
  NativePacketCaptureStats,
} from './packet-capture.js';

/** How the program is attached to an interface, the preferred one first. */
export type EbpfHook = 'tcx' | 'clsact' | 'socket';

export interface NativeEbpfCaptureOptions
  extends Omit<NativePacketCaptureOptions, 'filter' | 'headerSize' | 'promiscuous'> {
  /** Memory in which packets wait that find no room in the kernel's table; 4 MiB unless given. */
  readonly ringBytes?: number;
  /** Flows that the kernel's table has room for, 131072 unless given. Memory is taken as they come. */
  readonly kernelFlows?: number;
  /** Between two looks at the kernel's table, 1000 unless given. */
  readonly pollMs?: number;
  /** Entries without packets for that long leave the kernel's table, 30000 unless given; sooner when it fills up. */
  readonly idleMs?: number;
  /** The only way to attach that is tried; the best one unless given. */
  readonly hook?: EbpfHook;
}

export interface NativeEbpfCaptureStats extends NativePacketCaptureStats {
  /** Packets that found room neither in the kernel's table nor in the ring. */
  readonly kernelFlowDropped: number;
  /** Packets that the agent counted itself, because the kernel's table was full. */
  readonly packetsOverflowed: number;
  /** Entries of the kernel's table when it was read last. */
  readonly kernelEntries: number;
  readonly hook: EbpfHook;
  /** Runs of the program and their nanoseconds, while `kernel.bpf_stats_enabled` is set. */
  readonly hookRuns: number;
  readonly hookNs: number;
}

/** A live capture whose packets the kernel counts. */
export interface NativeEbpfCaptureInstance extends NativePacketCaptureInstance {
  stats(): NativeEbpfCaptureStats;
}

export interface NativeEbpfCapture {
  /** Throws when the interface cannot be captured, with what each way to attach said. `ready`: messages wait. */
  new (options: NativeEbpfCaptureOptions, ready: () => void): NativeEbpfCaptureInstance;
}

/** What this kernel lets an agent do. */
export interface NativeEbpfFeatures {
  readonly available: boolean;
  readonly tcx: boolean;
  readonly clsact: boolean;
  readonly socketFilter: boolean;
  /** Why it is not available. */
  readonly error?: string;
}
