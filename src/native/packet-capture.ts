// SPDX-License-Identifier: Apache-2.0

import type { NativeCaptureTarget, NativeCaptureTargetStats } from './capture-target.js';
import type { NativeFlowTableOptions } from './flow-table.js';

export interface NativePacketCaptureOptions
  extends Omit<NativeFlowTableOptions, 'format' | 'linkType' | 'ordered'> {
  readonly interface: string;
  /** Network namespace of the interface, the own one unless given. */
  readonly namespacePath?: string;
  /** EncapType of the interface's node: what its packets start with. `ether` unless given. */
  readonly encapType?: string;
  /** Expression of pcap-filter(7), without names that would have to be looked up. */
  readonly filter?: string;
  /** Bytes kept of a packet, 256 unless given. */
  readonly headerSize?: number;
  /** 4 MiB unless given. */
  readonly ringBytes?: number;
  readonly promiscuous?: boolean;
  /** Between two updates of the flows to the analyzer, 60000 unless given. */
  readonly updateMs?: number;
  /** Nothing is captured before `open`. */
  readonly deferred?: boolean;
  /** 600000 unless given: a flow ends after one to two such periods of silence. */
  readonly expireMs?: number;
  /** Gets the flows, or the packets, which cannot be taken then. */
  readonly target?: NativeCaptureTarget;
}

/** What became of the connections to a capture. */
export interface NativeStreamStats {
  /** Where it listens, with the port. */
  readonly address: string;
  readonly open: number;
  /** Those that failed included. */
  readonly ended: number;
  /** They were no capture files, or cut off. */
  readonly failed: number;
  /** There were too many at once. */
  readonly refused: number;
  /** Of the latest one that failed or was refused. */
  readonly error?: string;
}

/** Totals since the start. */
export interface NativePacketCaptureStats {
  /** By the kernel, those dropped included. */
  readonly packetsReceived: number;
  /** By the kernel, because the ring was full. */
  readonly packetsDropped: number;
  /** Counted in flows. */
  readonly packets: number;
  readonly flowCount: number;
  /** Flows pushed out to make room, never sent. */
  readonly flowDropped: number;
  /** Packets that a capture in the kernel counted nowhere. */
  readonly kernelFlowDropped?: number;
  /** Messages that nobody took in time. */
  readonly messagesDropped: number;
  /** Of captures that others connect to. */
  readonly streams?: NativeStreamStats;
  /** Of captures that have one. */
  readonly target?: NativeCaptureTargetStats;
  /** Why capturing ended by itself. */
  readonly error?: string;
}

/** A live capture of an interface (AF_PACKET), on a thread of its own. */
export interface NativePacketCaptureInstance {
  /** At most so many messages (serialized Message) that wait; `ready` is called again once all were taken. */
  take(limit: number): Buffer[];
  /** Every flow of the table, as the text of a JSON array. */
  flows(): Buffer;
  /**
   * The flows of the table that pass a serialized `filters.SearchQuery`, as a serialized `FlowSet`. Runs on a thread of
   * the pool, with the table locked for a millisecond at a time. Throws when the bytes are no query.
   */
  query(searchQuery: Uint8Array): Promise<Buffer>;
  stats(): NativePacketCaptureStats;
  /** Starts a deferred capture, off this thread. Rejects when the interface cannot be captured. */
  open(): Promise<void>;
  /** Stops capturing and ends all flows; what is left can be taken. */
  stop(): void;
  /** As `stop`, off this thread. */
  end(): Promise<void>;
}

export interface NativePacketCapture {
  /** Throws when the interface cannot be captured, or with libpcap's text. `ready`: messages wait. */
  new (options: NativePacketCaptureOptions, ready: () => void): NativePacketCaptureInstance;
}
