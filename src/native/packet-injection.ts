// SPDX-License-Identifier: Apache-2.0

export interface NativePacketInjectionOptions {
  readonly interface: string;
  /** Network namespace of the interface, the own one unless given. */
  readonly namespacePath?: string;
  readonly transport: 'icmp' | 'tcp' | 'udp';
  readonly ipv6: boolean;
  /** Whether packets start with an Ethernet header. */
  readonly ethernet: boolean;
  /** Colon-separated; zeros unless given. */
  readonly sourceMac?: string;
  readonly destinationMac?: string;
  /** Textual, of the family; unspecified unless given. */
  readonly sourceIp?: string;
  readonly destinationIp?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpId?: number;
  /** Or the hop limit; 0 unless given. */
  readonly ttl?: number;
  /** 56 random letters when empty. */
  readonly payload?: string;
  readonly count: number;
  readonly intervalMs?: number;
  /** After each packet the ICMP identifier, or else the source port, becomes random. */
  readonly random?: boolean;
  /** Random letters that each packet has more than the one before. */
  readonly incrementPayload?: number;
  /** A capture file whose packets are sent, over and over, instead of forged ones. */
  readonly pcap?: Uint8Array;
}

export interface NativePacketInjectionStats {
  readonly sent: number;
  readonly failed: number;
  /** The last failure. */
  readonly error?: string;
}

/** Packets being sent, on a thread of their own. */
export interface NativePacketInjectionInstance {
  stats(): NativePacketInjectionStats;
  /** Nothing is sent once it has returned. */
  stop(): void;
}

export interface NativePacketInjection {
  /**
   * Starts sending. `done`: after the last packet, not when stopped. Throws when the interface cannot be used, an
   * address is none, or the capture file is malformed or without packets.
   */
  new (options: NativePacketInjectionOptions, done: () => void): NativePacketInjectionInstance;
}
