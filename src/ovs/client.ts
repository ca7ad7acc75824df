// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import { type ConnectionLimits, OvsdbConnection } from './connection.js';
import type { OvsDatabase, SyncListener } from './database.js';
import { type Endpoint, formatEndpoint } from './endpoint.js';
import { isMap } from './is-map.js';
import type { Operation, OperationResult } from './operation.js';
import { Replica, type RowChange } from './replica.js';
import type { Row } from './value.js';

export interface OvsClientOptions {
  readonly endpoint: Endpoint;
  readonly database: string;
  /** Columns to follow, by table. Those that the database does not have are left out. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** A row came, changed or went. */
  readonly onChange: (change: RowChange) => void;
  readonly logger: Logger;
  /** Pause between attempts to connect. */
  readonly retryMs?: number;
  readonly limits?: Partial<ConnectionLimits>;
}

const defaultRetryMs = 4000;

/** Follows tables of a database, over as many connections as it takes. */
export class OvsClient implements OvsDatabase {
  readonly claimed = new Set<string>();
  readonly #options: OvsClientOptions;
  readonly #replica: Replica;
  readonly #listeners = new Set<SyncListener>();
  #connection: OvsdbConnection | undefined;
  #running: Promise<void> | undefined;
  #synced = false;
  #stopped = true;
  #wake: (() => void) | undefined;
  #failure: string | undefined;

  constructor(options: OvsClientOptions) {
    this.#options = options;
    this.#replica = new Replica(options.onChange);
  }

  /** Does not wait for the connection. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#connection?.close('stopped');
    this.#wake?.();
    await this.#running;
  }

  /** All rows have been told, to listeners as well, and changes are. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Why nothing is told now; undefined while all is well. */
  get failure(): string | undefined {
    return this.#synced ? undefined : (this.#failure ?? 'connecting');
  }

  row(table: string, uuid: string): Row | undefined {
    return this.#replica.row(table, uuid);
  }

  rows(table: string): ReadonlyMap<string, Row> {
    return this.#replica.rows(table);
  }

  onSynced(listener: SyncListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async transact(operations: readonly Operation[]): Promise<OperationResult[]> {
    if (this.#connection === undefined || !this.#synced) {
      const where = formatEndpoint(this.#options.endpoint);
      throw new SkydiveError(
        'SKY_E_PROBE',
        `the database of Open vSwitch (ovs.ovsdb ${where}) is not connected: ${this.failure}`,
      );
    }
    return this.#connection.transact(this.#options.database, operations);
  }

  async #run(): Promise<void> {
    const { endpoint, logger, retryMs = defaultRetryMs } = this.#options;
    const where = formatEndpoint(endpoint);
    while (!this.#stopped) {
      const reason = await this.#follow();
      if (this.#stopped) return;
      // Most hosts have no Open vSwitch: one line is enough for them, and for a server that stays away.
      if (this.#failure === undefined) {
        logger.info(`Open vSwitch is not followed: ${reason}; trying ${where} every ${retryMs / 1000} s`);
      }
      this.#failure = reason;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryMs);
        timer.unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Connects and follows; resolves with the reason when that is over. */
  async #follow(): Promise<string> {
    const { endpoint, database, logger, limits } = this.#options;
    let connection: OvsdbConnection;
    try {
      connection = await OvsdbConnection.open(endpoint, limits);
    } catch (error) {
      return messageOf(error);
    }
    if (this.#stopped) connection.close();
    this.#connection = connection;
    try {
      const columns = await this.#columns(connection);
      this.#replica.begin();
      await connection.monitor(database, columns, (update) => this.#replica.apply(update));
      this.#replica.end();
      const transact = (operations: readonly Operation[]) => connection.transact(database, operations);
      for (const listener of this.#listeners) {
        try {
          await listener(transact);
        } catch (error) {
          logger.warn(`after connecting to Open vSwitch: ${messageOf(error)}`);
        }
      }
      this.#synced = true;
      this.#failure = undefined;
      logger.info(`Open vSwitch is followed at ${formatEndpoint(endpoint)}`);
      return await connection.closed;
    } catch (error) {
      connection.close(messageOf(error));
      await connection.closed;
      return messageOf(error);
    } finally {
      this.#connection = undefined;
      this.#synced = false;
    }
  }

  /** What to monitor: the columns that this server's schema has. */
  async #columns(connection: OvsdbConnection): Promise<Record<string, readonly string[]>> {
    const { database, columns } = this.#options;
    const schema = await connection.call('get_schema', [database]);
    const tables = isMap(schema) && isMap(schema['tables']) ? schema['tables'] : {};
    const there: Record<string, readonly string[]> = {};
    for (const [table, wanted] of Object.entries(columns)) {
      const described = tables[table];
      const known = isMap(described) && isMap(described['columns']) ? described['columns'] : undefined;
      if (known !== undefined) there[table] = wanted.filter((column) => Object.hasOwn(known, column));
    }
    return there;
  }
}
