// SPDX-License-Identifier: Apache-2.0

import type { Operation, OperationResult } from './operation.js';
import type { Row } from './value.js';

/** Runs the operations as one transaction. Rejects with SKY_E_PROBE when it is refused. */
export type Transact = (operations: readonly Operation[]) => Promise<OperationResult[]>;

/** Called when all rows have been told, before others may change anything: `transact` is for the listener. */
export type SyncListener = (transact: Transact) => void | Promise<void>;

/** The database that configures Open vSwitch, for those who change something in it. */
export interface OvsDatabase {
  /** Rejects also when nobody is connected. */
  readonly transact: Transact;
  /** A monitored row as last told; undefined when there is none. */
  row(table: string, uuid: string): Row | undefined;
  rows(table: string): ReadonlyMap<string, Row>;
  /**
   * What running captures have written, each as `claimOf` says. Everything else that captures have written is left
   * over, and deleted at the next connection.
   */
  readonly claimed: Set<string>;
  /** At each connection. The result ends it. */
  onSynced(listener: SyncListener): () => void;
}
