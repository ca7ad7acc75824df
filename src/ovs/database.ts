// SPDX-License-Identifier: Apache-2.0

import type { Operation, OperationResult } from './operation.js';
import type { Row } from './value.js';

/** The database that configures Open vSwitch, for those who change something in it. */
export interface OvsDatabase {
  /** Runs the operations as one transaction. Rejects with SKY_E_PROBE when it is refused, or nobody is connected. */
  transact(operations: readonly Operation[]): Promise<OperationResult[]>;
  /** A monitored row as last told; undefined when there is none. */
  row(table: string, uuid: string): Row | undefined;
  rows(table: string): ReadonlyMap<string, Row>;
  /**
   * What running captures have written, each as `claimOf` says. Everything else that captures have written is left
   * over, and deleted at the next connection.
   */
  readonly claimed: Set<string>;
  /** Called after each connection, when all rows have been told. The result ends it. */
  onSynced(listener: () => void | Promise<void>): () => void;
}
