// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { OvsDatabase } from './database.js';
import { claimOf, probeIdName } from './probe-rows.js';
import { mapOf, type Reference, type Row, referencesOf, referenceTo, setOf } from './value.js';

/** What a bridge can send, with the column that turns it on. */
const columns = { sFlow: 'sflow', NetFlow: 'netflow' } as const;

export interface BridgeExportOptions {
  readonly database: OvsDatabase;
  readonly kind: keyof typeof columns;
  /** UUID of the bridge's row. */
  readonly bridge: string;
  /** Columns of the row that configures it, without its external ids. */
  readonly row: Row;
  readonly logger: Logger;
}

/** A bridge that sends samples or flow records, as long as this is there. */
export class BridgeExport {
  readonly #options: BridgeExportOptions;
  readonly #claim: string;
  readonly #uuid: string;

  private constructor(options: BridgeExportOptions, claim: string, uuid: string) {
    this.#options = options;
    this.#claim = claim;
    this.#uuid = uuid;
  }

  /** Rejects when the bridge sends such to somebody already, is not there, or the database cannot be reached. */
  static async start(options: BridgeExportOptions): Promise<BridgeExport> {
    const { database, kind, bridge, row } = options;
    const column = columns[kind];
    const probeId = bridge.replaceAll('-', '_');
    const claim = claimOf(kind, probeId);
    if (database.claimed.has(claim)) throw new Error(`a capture has the ${kind} of this bridge already`);
    database.claimed.add(claim);
    try {
      const named: Reference = ['named-uuid', 'skydive_export'];
      const [inserted, updated] = await database.transact([
        {
          op: 'insert',
          table: kind,
          'uuid-name': named[1],
          row: { ...row, external_ids: mapOf({ [probeIdName]: probeId }) },
        },
        {
          op: 'update',
          table: 'Bridge',
          // What somebody else has set up is not ours to replace.
          where: [
            ['_uuid', '==', referenceTo(bridge)],
            [column, '==', setOf([])],
          ],
          row: { [column]: named },
        },
      ]);
      if (updated?.count !== 1) {
        throw new Error(
          `the bridge sends ${kind} to somebody else already, or is gone: see ovs-vsctl list bridge, clear its column ${column}`,
        );
      }
      return new BridgeExport(options, claim, referencesOf(inserted?.uuid)[0] ?? '');
    } catch (error) {
      database.claimed.delete(claim);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { database, kind, bridge, logger } = this.#options;
    const column = columns[kind];
    database.claimed.delete(this.#claim);
    try {
      await database.transact([
        {
          op: 'update',
          table: 'Bridge',
          where: [
            ['_uuid', '==', referenceTo(bridge)],
            [column, '==', referenceTo(this.#uuid)],
          ],
          row: { [column]: setOf([]) },
        },
      ]);
    } catch (error) {
      logger.warn(
        `the ${kind} of bridge ${bridge} is cleared at the next connection: now ${messageOf(error)}`,
      );
    }
  }
}
