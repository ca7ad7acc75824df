// SPDX-License-Identifier: Apache-2.0

import type {
  NativePacketCaptureInstance,
  NativePacketCaptureOptions,
  NativePacketCaptureStats,
} from './packet-capture.js';

/** A capture that exporters feed with datagrams. `ringBytes` is what the kernel keeps of them until they are read. */
export interface NativeListenOptions
  extends Omit<
    NativePacketCaptureOptions,
    'interface' | 'encapType' | 'promiscuous' | 'filter' | 'headerSize'
  > {
  /** Numeric, IPv4 or IPv6; `::` takes both. */
  readonly address: string;
  /** The first free port from this one on is taken. */
  readonly portMin: number;
  readonly portMax: number;
  /** Network namespace to listen in, the own one unless given. */
  readonly namespacePath?: string;
}

export interface NativeSflowCaptureOptions extends NativeListenOptions {
  /** Expression of pcap-filter(7) for the sampled packets. */
  readonly filter?: string;
  /** 256 unless given. */
  readonly headerSize?: number;
}

/** Totals since the start. */
export interface NativeListenerStats {
  /** The one that was bound. */
  readonly port: number;
  /** Datagrams that were read. */
  readonly datagrams: number;
  /** Datagrams that the kernel dropped, because they were not read in time. */
  readonly dropped: number;
  /** Datagrams that could not be read to their end. */
  readonly malformed: number;
  /** Who sent the latest of these, and what is wrong with it; empty when there was none. */
  readonly complaint: string;
  /** Sampled packets, or records of flows. */
  readonly records: number;
  /** Of these, what no flow was made of. */
  readonly skipped: number;
  /** Lost on the way, by the exporters' sequence numbers: datagrams of sFlow and NetFlow 9, else records. */
  readonly lost: number;
  /** Sets of records whose template has not come. */
  readonly noTemplate: number;
  /** Records of counters that were not taken in time. */
  readonly countersDropped: number;
  /** Templates that were forgotten to make room for others. */
  readonly forgotten: number;
  /** The exporters look at one of so many packets, as told last. */
  readonly sampling: number;
}

export interface NativeDatagramCaptureStats extends NativePacketCaptureStats {
  readonly listener: NativeListenerStats;
}

/** One record of counters: names of the metadata `SFlow` → values. What the agent does not count is left out. */
export interface NativeSflowCounters {
  readonly kind: 'interface' | 'ethernet' | 'vlan' | 'application' | 'datapath';
  /** ifIndex, of kind `interface`. */
  readonly interface?: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface NativeDatagramCaptureInstance extends NativePacketCaptureInstance {
  stats(): NativeDatagramCaptureStats;
  /** At most so many records of counters that wait, the oldest first; of too many the oldest are gone. */
  takeCounters(limit: number): NativeSflowCounters[];
}

export interface NativeSflowCapture {
  /** Throws with libpcap's text, or when no port can be bound. `ready`: messages wait. */
  new (options: NativeSflowCaptureOptions, ready: () => void): NativeDatagramCaptureInstance;
}

export interface NativeNetflowCapture {
  /** Throws when no port can be bound. `ready`: messages wait. */
  new (options: NativeListenOptions, ready: () => void): NativeDatagramCaptureInstance;
}
