// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../../../graph/graph.js';
import type { Logger } from '../../../log/logger.js';
import { OvsClient } from '../../../ovs/client.js';
import type { OvsDatabase } from '../../../ovs/database.js';
import { type Endpoint, formatEndpoint } from '../../../ovs/endpoint.js';
import { removeLeftOvers } from '../../../ovs/probe-rows.js';
import type { Probe, ProbeStatus } from '../probe.js';
import { columnsOf, databaseName } from './columns.js';
import { OvsTopology } from './ovs-topology.js';

export interface OvsdbProbeOptions {
  readonly graph: Graph;
  readonly hostNodeId: string;
  readonly logger: Logger;
  readonly endpoint: Endpoint;
  /** Whether `Ovs.Metric` is wanted. */
  readonly statistics: boolean;
  readonly retryMs?: number;
}

/** Follows the database of Open vSwitch, whenever it is there. */
export class OvsdbProbe implements Probe {
  readonly #client: OvsClient;
  readonly #topology: OvsTopology;
  readonly #where: string;
  #off: (() => void) | undefined;

  constructor(options: OvsdbProbeOptions) {
    const { endpoint, logger, statistics, retryMs } = options;
    this.#where = formatEndpoint(endpoint);
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

  /** Does not wait for Open vSwitch: it may never come. */
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

  status(): ProbeStatus {
    const { failure } = this.#client;
    if (failure === undefined) return { Status: 'running' };
    return { Status: 'starting', Reason: `no Open vSwitch at ${this.#where} (ovs.ovsdb): ${failure}` };
  }

  /** For captures that change something in Open vSwitch. */
  get database(): OvsDatabase {
    return this.#client;
  }
}
