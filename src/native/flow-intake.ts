// SPDX-License-Identifier: Apache-2.0

import type { NativeFlowStoreInstance } from './flow-store.js';

export interface NativeFlowIntakeOptions {
  /** Flows that may wait, 100000 unless given; what comes beyond is dropped and counted. */
  readonly maxFlows?: number;
  /** So many flows are worked off at once, 100 unless given… */
  readonly bulkFlows?: number;
  /** …or fewer, when one has waited so long; 5000 unless given. */
  readonly bulkDelayMs?: number;
  /** An open one, where flows are kept. */
  readonly store?: NativeFlowStoreInstance;
}

/** Totals since the start. */
export interface NativeFlowIntakeCounters {
  readonly messages: number;
  /** Messages that are none; nothing of them was taken. */
  readonly malformed: number;
  /** Flows that were queued, those that found no room, those that left the queue, and those in it. */
  readonly flows: number;
  readonly dropped: number;
  readonly handled: number;
  readonly waiting: number;
  /** Reports of captures. */
  readonly stats: number;
  /** Flows and reports that `take` did not fetch in time. */
  readonly unsent: number;
  /** Over UDP: read, and dropped by the kernel because nobody read them in time. */
  readonly datagrams: number;
  readonly kernelDropped: number;
}

/** Takes serialized `Message`s in, on threads of its own. It does not keep the process alive. */
export interface NativeFlowIntakeInstance {
  /** Takes datagrams at a numeric address, too; the port that was bound. Throws when it cannot be. */
  listen(address: string, port: number): number;
  /** Never waits. */
  put(message: Uint8Array): void;
  /** Whether `take` is to give flows. */
  want(wanted: boolean): void;
  /** JSON arrays of flows, and `Stats` as JSON objects; `ready` is called again when there is more. */
  take(): { readonly bulks: readonly Buffer[]; readonly stats: readonly Buffer[] };
  counters(): NativeFlowIntakeCounters;
  /** Resolves when all that was put before has left the queue. */
  drain(): Promise<void>;
  /** Works off what waits and ends. */
  close(): void;
}

export type NativeFlowIntake = new (
  options: NativeFlowIntakeOptions,
  ready: () => void,
) => NativeFlowIntakeInstance;
