// SPDX-License-Identifier: Apache-2.0

/** How a table makes flows of packets. What is left out is off, or the original's default. */
export interface NativeFlowTableOptions {
  readonly nodeTid?: string;
  readonly captureId?: string;
  /** `L2` unless `L3`. */
  readonly layerKeyMode?: string;
  readonly extraTcpMetric?: boolean;
  readonly reassembleTcp?: boolean;
  readonly ipDefrag?: boolean;
  /** Bit mask: VRRP 1, DNS 2, DHCPv4 4. */
  readonly extraLayers?: number;
  /** Raw packets kept for each flow; 0 and below none. */
  readonly rawPacketLimit?: number;
  /** Flows beyond it push out the least recently seen ones; 500000. */
  readonly maxEntries?: number;
  readonly tcpPorts?: Readonly<Record<string, string>>;
  readonly udpPorts?: Readonly<Record<string, string>>;
  /** Application (upper case) → silence in milliseconds after which its flows end. */
  readonly applicationTimeoutsMs?: Readonly<Record<string, number>>;
  readonly mplsUdpPorts?: readonly number[];
  /** LINKTYPE_ value to read a capture file by, whatever it says itself. */
  readonly linkType?: number;
  /** Flows of a batch go from the least to the most recently seen one. */
  readonly ordered?: boolean;
  /** `protobuf` (serialized Message, default) or `json` (array of flows). */
  readonly format?: 'protobuf' | 'json';
  /** 10 unless given. */
  readonly flowsPerMessage?: number;
}

export interface NativeFlowTableStats {
  readonly packets: number;
  readonly flowCount: number;
  /** Flows pushed out to make room, never sent. */
  readonly flowDropped: number;
  readonly fragmentsDropped: number;
  readonly segmentsDropped: number;
  readonly memoryBytes: number;
}

/** A flow table, fed with a capture file. Every batch of messages is in the format of the options. */
export interface NativeFlowTableInstance {
  /** The next bytes of a pcap or pcapng file; the records read so far. Throws on a malformed file. */
  feed(bytes: Uint8Array): number;
  /** Whether the bytes so far start as a capture file does, whatever went wrong later. */
  recognized(): boolean;
  /** The end of the file; throws when it is cut short. */
  finish(): void;
  /** The flows seen since the last update, and those whose application timed out. */
  update(nowMs: number): Buffer[];
  /** Ends the flows not seen since the previous call. */
  expire(nowMs: number): Buffer[];
  /** Ends at most so many flows; undefined when none are left. */
  stop(limit: number): Buffer[] | undefined;
  /** Forgets fragments and TCP segments that wait since before. */
  maintain(olderThanMs: number): void;
  /** Every flow of the table. */
  flows(): Buffer[];
  /**
   * The flows of the table that pass a serialized `filters.SearchQuery`, as a serialized `FlowSet`. Throws when the
   * bytes are no query.
   */
  query(searchQuery: Uint8Array): Buffer;
  stats(): NativeFlowTableStats;
}

export type NativeFlowTable = new (options: NativeFlowTableOptions) => NativeFlowTableInstance;
