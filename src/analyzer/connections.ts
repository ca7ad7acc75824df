// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { formatAddress } from '../config/address.js';
import { analyzerAddresses } from '../config/analyzers.js';
import type { Config } from '../config/key.js';
import type { Graph } from '../graph/graph.js';
import type { GraphSource } from '../graph/view.js';
import { boundsOf } from '../gremlin/bounds.js';
import type { RunOptions } from '../gremlin/run.js';
import type { Logger } from '../log/logger.js';
import { OriginWatcher } from '../services/origin-watcher/origin-watcher.js';
import type { KvStore } from '../store/kv/store.js';
import { ExternalEndpoints } from '../sync/external.js';
import { OriginIndex } from '../sync/origin-index.js';
import { Publishers } from '../sync/publishers.js';
import { Replication } from '../sync/replication.js';
import { ClientPool } from '../wire/client-pool.js';
import { clusterCredentials } from '../wire/cluster-credentials.js';
import type { Complaints } from '../wire/complaints.js';
import { Endpoint } from '../wire/endpoint.js';
import { wireLimits } from '../wire/limits.js';
import type { Pool } from '../wire/pool.js';
import type { RotatingCertificates } from '../wire/rotation.js';
import { type Authenticate, WireServer } from '../wire/server.js';
import { shareWire } from '../wire/shared.js';

export interface ConnectionsOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly host: string;
  readonly graph: Graph;
  /** The live graph with its history. */
  readonly source: GraphSource;
  /** Where analyzers tell each other whom they hear. */
  readonly kv: KvStore;
  /** What the filters of subscribers have beside the graph: flows. */
  readonly queries?: () => Pick<RunOptions, 'flows' | 'workflows'>;
  /** Everybody is let in when absent. */
  readonly authenticate?: Authenticate;
  /** Further endpoints; whoever made them serves them. */
  readonly endpoints?: readonly Endpoint[];
  /** Other analyzers are reached without TLS when absent. */
  readonly certificates?: RotatingCertificates;
}

/** All WebSockets of an analyzer: agents, other analyzers, and programs that publish or subscribe. */
export class Connections {
  /** What went wrong on any of them. */
  readonly complaints: Complaints;
  readonly #agents = new Endpoint('/ws/agent/topology', { limit: 'cluster' });
  readonly #replica = new Endpoint('/ws/replication', { limit: 'cluster' });
  readonly #external: ExternalEndpoints;
  readonly #server: WireServer;
  readonly #replication: Replication;
  readonly #peers: ClientPool;
  readonly #watcher: OriginWatcher;
  /** What has to be undone, in this order. */
  readonly #stop: (() => void)[];

  constructor(options: ConnectionsOptions) {
    const { config, logger, host, graph, source, kv, queries, authenticate, certificates } = options;
    const shared = shareWire({ log: logger, queueSize: config.getInt('http.ws.queue_size') });
    const origins = new OriginIndex(graph);
    const { complaints } = shared;
    this.complaints = complaints;
    const agents = new Publishers({ endpoint: this.#agents, graph, origins, complaints, validated: false });
    const bounds = boundsOf(config);
    const filters = { dialect: 'full', options: () => ({ ...bounds, ...queries?.() }) } as const;
    this.#external = new ExternalEndpoints({ graph, source, origins, queries: filters, shared });
    const serviceType = 'analyzer';
    const endpoint = this.#replica;
    this.#replication = new Replication({ endpoint, graph, origins, shared, host, serviceType });
    const scheme = certificates === undefined ? 'ws' : 'wss';
    this.#peers = new ClientPool({
      urls: analyzerAddresses(config).map(
        (address) => `${scheme}://${formatAddress(address)}/ws/replication`,
      ),
      host,
      serviceType,
      protocol: '',
      shared,
      accept: this.#replication.accept,
      credentials: () => clusterCredentials(config, serviceType),
      ...(certificates !== undefined && { tls: certificates.clientOptions }),
    });
    this.#replication.connectTo(this.#peers);
    const { publisher, subscriber } = this.#external;
    this.#server = new WireServer({
      host,
      serviceType,
      endpoints: [this.#agents, this.#replica, publisher, subscriber, ...(options.endpoints ?? [])],
      shared,
      ...(authenticate !== undefined && { authenticate }),
      ...wireLimits(config),
    });
    const pools = [this.#agents, this.#replica];
    const limits = wireLimits(config);
    this.#watcher = new OriginWatcher({ kv, graph, origins, pools, host, shared, logger, ...limits });
    this.#stop = [
      () => this.#peers.stop(),
      () => this.#server.stop(),
      () => this.#replication.stop(),
      () => this.#external.stop(),
      () => agents.stop(),
      () => origins.stop(),
    ];
  }

  /** Paths of the endpoints. */
  get paths(): string[] {
    return this.#server.paths;
  }

  /** Those of the agents. */
  get agents(): Pool {
    return this.#agents;
  }

  /** Those of programs that are told of changes. */
  get subscribers(): Pool {
    return this.#external.subscriber;
  }

  /** Connects to the other analyzers, and looks after who is gone. */
  start(): void {
    this.#peers.start();
    this.#watcher.start();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop.splice(0)) stop();
    await this.#watcher.stop();
  }

  /** Takes a connection that asks to be upgraded. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#server.handleUpgrade(request, socket, head)) socket.destroy();
  }

  /** As `/api/status` shows them. */
  status() {
    return {
      Agents: this.#agents.status(),
      Peers: this.#replication.status(),
      Publishers: this.#external.publisher.status(),
      Subscribers: this.#external.subscriber.status(),
      Origins: { IsMaster: this.#watcher.isMaster },
    };
  }
}
