// SPDX-License-Identifier: Apache-2.0

export interface NativeUdpSenderOptions {
  /** In digits. */
  readonly address: string;
  readonly port: number;
  /** Of datagrams that wait, 64 MiB unless given; beyond it the oldest go. */
  readonly queueBytes?: number;
  /** 200000 unless given: what comes at once is spread. */
  readonly datagramsPerSecond?: number;
}

export interface NativeUdpSenderStats {
  readonly sent: number;
  /** The queue was full. */
  readonly dropped: number;
  /** The kernel refused them, or nobody listened. */
  readonly failed: number;
  /** That wait. */
  readonly queued: number;
  /** The latest failure. */
  readonly error?: string;
}

/** Sends datagrams to one address, from a thread of its own. */
export interface NativeUdpSenderInstance {
  send(datagrams: readonly Uint8Array[]): void;
  stats(): NativeUdpSenderStats;
  /** What waits is lost. */
  close(): void;
}

/** The constructor throws when the address is none, or there is no way to it. */
export type NativeUdpSender = new (options: NativeUdpSenderOptions) => NativeUdpSenderInstance;
