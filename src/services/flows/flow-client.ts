// SPDX-License-Identifier: Apache-2.0

/** Numbers of messages since the start. */
export interface FlowClientStats {
  readonly sent: number;
  /** They found the queue full, or were lost on the way out. */
  readonly dropped: number;
  /** That wait. */
  readonly queued: number;
}

/** Sends flows to one analyzer. */
export interface FlowClient {
  /** Queues serialized `Message`s; what does not fit is dropped and counted. Never waits. */
  send(messages: readonly Buffer[]): void;
  stats(): FlowClientStats;
  /** What waits is lost. */
  close(): void;
}
