// SPDX-License-Identifier: Apache-2.0

/** Where what a capture sees goes instead of being taken. */
export interface NativeCaptureTarget {
  readonly type: 'netflowv5' | 'ipfix' | 'erspanv1';
  /** In digits, IPv4 or IPv6. */
  readonly address: string;
  /** ERSPAN has none. */
  readonly port?: number;
  /** ERSPAN tells it: of the captured interface. */
  readonly interfaceIndex?: number;
  /** IPFIX: tells apart the captures of one host, 32 bits. */
  readonly domain?: number;
}

/** Totals since the start. */
export interface NativeCaptureTargetStats {
  /** Datagrams, or mirrored packets. */
  readonly sent: number;
  /** There was no room to keep them. */
  readonly dropped: number;
  /** The kernel refused them (no way to the target), or nobody listened there. */
  readonly failed: number;
  /** Flows that the format cannot tell of. */
  readonly skipped: number;
  /** The latest failure. */
  readonly error?: string;
}
