// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../../../graph/graph.js';
import type { Logger } from '../../../log/logger.js';
import { OvsClient } from '../../../ovs/client.js';
import type { OvsDatabase } from '../../../ovs/database.js';
import type { Endpoint } from '../../../ovs/endpoint.js';
import { removeLeftOvers } from '../../../ovs/probe-rows.js';
import { columnsOf, databaseName } from './columns.js';
import { OvsTopology } from './ovs-topology.js';

export interface OvsSessionOptions {
  readonly graph: Graph;
  readonly hostNodeId: string;
  readonly logger: Logger;
  readonly endpoint: Endpoint;
  /** Whether `Ovs.Metric` is wanted. */
  readonly statistics: boolean;
  readonly retryMs?: number;
}

/** Follows the database of Open vSwitch over all of its restarts, and keeps the graph like it. */
export class OvsSession {
  readonly #client: OvsClient;
  readonly #topology: OvsTopology;
  #off: (() => void) | undefined;

  constructor(options: OvsSessionOptions) {
    const { endpoint, logger, statistics, retryMs } = options;
    this.#topology = new OvsTopology(options);
    this.#client = new OvsClient({
      endpoint,
      database: databaseName,
      columns: columnsOf(statistics),
      onChange: (change) => this.#topology.change(change),
      logger,
      ...(retryMs !== undefined && { retryMs }),
    });
  }

  /** Does not wait for the connection. */
  start(): void {
    this.#off ??= this.#client.onSynced((transact) => removeLeftOvers(this.#client, transact));
    this.#topology.start();
    this.#client.start();
  }

  async stop(): Promise<void> {
    this.#off?.();
    this.#off = undefined;
    await this.#client.stop();
    this.#topology.stop();
  }

  /** Why the graph is not kept now; undefined while all is well. */
  get failure(): string | undefined {
    return this.#client.failure;
  }

  /** For captures that change something in Open vSwitch. */
  get database(): OvsDatabase {
    return this.#client;
  }
}
