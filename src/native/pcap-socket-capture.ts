// SPDX-License-Identifier: Apache-2.0

import type { NativePacketCaptureInstance, NativePacketCaptureOptions } from './packet-capture.js';

export interface NativePcapSocketCaptureOptions
  extends Omit<
    NativePacketCaptureOptions,
    'interface' | 'namespacePath' | 'encapType' | 'headerSize' | 'ringBytes' | 'promiscuous'
  > {
  /** To listen on, in digits. */
  readonly address: string;
  /** The first free TCP port of these is taken. */
  readonly minPort: number;
  readonly maxPort: number;
  /** A connection that has sent no header of a capture file for that long is closed; 30000 unless given. */
  readonly headerMs?: number;
}

/**
 * A capture whose packets come over TCP: each connection carries a capture file (pcap or pcapng), which is replayed with
 * its gaps, as if its packets were captured now. 32 connections at once.
 */
export interface NativePcapSocketCapture {
  /** Throws when no port is free, or with libpcap's text. `ready`: messages wait. */
  new (options: NativePcapSocketCaptureOptions, ready: () => void): NativePacketCaptureInstance;
}
