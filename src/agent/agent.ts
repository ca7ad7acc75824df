// SPDX-License-Identifier: Apache-2.0

import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { opennessWarnings } from '../api/openness.js';
import { ApiServer } from '../api/server.js';
import { tlsPartsOf } from '../api/transport/tls.js';
import { authenticatorOf } from '../auth/backend.js';
import { formatAddress, parseAddress } from '../config/address.js';
import { analyzerAddresses } from '../config/analyzers.js';
import type { Config } from '../config/key.js';
import { messageOf } from '../errors.js';
import { decodeCapture } from '../flow/decode-capture.js';
import { type EbpfStatus, probeEbpf } from '../flow/probes/ebpf-status.js';
import { FlowProbes } from '../flow/probes/flow-probes.js';
import { Graph } from '../graph/graph.js';
import { boundsOf } from '../gremlin/bounds.js';
import type { Logger } from '../log/logger.js';
import { bcrypt } from '../native/bcrypt.js';
import { FlowTableServer } from '../services/flows/table-server.js';
import { Injector } from '../services/injection/injector.js';
import { decodeInjectionRequest } from '../services/injection/request.js';
import { OnDemandServer } from '../services/ondemand/server.js';
import { ExternalEndpoints } from '../sync/external.js';
import { Forwarder } from '../sync/forwarder.js';
import { OriginIndex } from '../sync/origin-index.js';
import { TopologyProbes } from '../topology/probes/registry.js';
import { TidMapper } from '../topology/tid.js';
import { UndoStack } from '../undo.js';
import { version } from '../version.js';
import { BackOff } from '../wire/back-off.js';
import type { Side } from '../wire/certificates.js';
import { ClientPool } from '../wire/client-pool.js';
import { clusterCredentials } from '../wire/cluster-credentials.js';
import { wireLimits } from '../wire/limits.js';
import type { Pool } from '../wire/pool.js';
import { RotatingCertificates } from '../wire/rotation.js';
import { WireServer } from '../wire/server.js';
import { type Shared, shareWire } from '../wire/shared.js';
import { flowClients } from './flow-clients.js';

/** Finds what is on this host, keeps it in a graph and tells the analyzers. */
export class Agent {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #analyzersReady: Promise<void>;
  readonly #started: UndoStack;

  /** `analyzersReady`: when connecting makes sense, for one that starts together with its analyzer. */
  constructor(config: Config, logger: Logger, analyzersReady: Promise<void> = Promise.resolve()) {
    this.#config = config;
    this.#logger = logger;
    this.#started = new UndoStack(logger);
    this.#analyzersReady = analyzersReady;
  }

  /** Resolves with the API's address once probes run. What had been started is stopped when it fails. */
  start(): Promise<AddressInfo> {
    return this.#started.guard(() => this.#start());
  }

  async stop(): Promise<void> {
    await this.#started.run();
  }

  async #start(): Promise<AddressInfo> {
    const [config, logger] = [this.#config, this.#logger];
    const host = config.getString('host_id');
    const onListenerError = (error: unknown) => logger.error(`graph listener: ${messageOf(error)}`);
    const graph = new Graph({ host, origin: `agent.${host}`, onListenerError });
    const tids = new TidMapper(graph, logger);
    tids.start();
    this.#started.push(() => tids.stop());

    const probes = new TopologyProbes({ graph, config, logger });
    await probes.start();
    this.#started.push(() => probes.stop());

    const shared = shareWire({ log: logger, queueSize: config.getInt('http.ws.queue_size') });
    const tls = this.#certificates('client')?.clientOptions;
    const analyzers = this.#analyzers(host, shared, tls);
    const forwarder = new Forwarder({ graph, pool: analyzers });
    forwarder.start();
    let stopped = false;
    void this.#analyzersReady.then(() => {
      if (!stopped) analyzers.start();
    });
    this.#started.push(() => {
      stopped = true;
      forwarder.stop();
      analyzers.stop();
    });
    // Stopped before the connections: the last flows go out.
    const sender = flowClients({ config, host, pool: analyzers, shared, ...(tls !== undefined && { tls }) });
    sender.start();
    this.#started.push(() => sender.stop());
    const flows = this.#captures(graph, probes, analyzers, shared);
    flows.onMessages((messages) => sender.send(messages));
    this.#injections(graph, analyzers, shared);

    const origins = new OriginIndex(graph);
    const queries = { dialect: 'core', options: () => boundsOf(config) } as const;
    const external = new ExternalEndpoints({ graph, source: graph, origins, queries, shared });
    const { publisher, subscriber } = external;
    const wire = new WireServer({
      host,
      serviceType: 'agent',
      endpoints: [publisher, subscriber],
      shared,
      ...wireLimits(config),
    });
    const certificates = this.#certificates('server');
    const requireClientCert = config.getBool('tls.require_client_cert');
    const warnings = opennessWarnings(config, 'agent');
    for (const warning of warnings) logger.warn(warning);
    let ebpf: EbpfStatus | undefined;
    void probeEbpf().then((status) => {
      ebpf = status;
    });
    const api = new ApiServer({
      service: 'agent',
      hostId: host,
      version,
      config,
      source: graph,
      status: () => ({
        Clients: subscriber.status(),
        Analyzers: forwarder.status(),
        TopologyProbes: probes.status(),
        FlowProbes: flows.types,
        FlowListeners: flows.status(),
        Ebpf: ebpf,
        Flows: sender.status(),
        Warnings: warnings,
      }),
      authenticator: await authenticatorOf({ config, key: 'agent.auth.api.backend', logger, bcrypt }),
      webSockets: wire.paths,
      upgrade: (request, socket, head) => {
        if (!wire.handleUpgrade(request, socket, head)) socket.destroy();
      },
      logger,
      listen: parseAddress(config.getString('agent.listen')),
      ...(certificates !== undefined && { tls: tlsPartsOf(certificates, requireClientCert) }),
    });
    const address = await api.start();
    this.#started.push(() => {
      wire.stop();
      external.stop();
      origins.stop();
      return api.stop();
    });
    return address;
  }

  /** The captures that analyzers ask for. */
  #captures(graph: Graph, probes: TopologyProbes, pool: Pool, { complaints }: Shared): FlowProbes {
    const [config, logger] = [this.#config, this.#logger];
    const flows = new FlowProbes({ graph, config, logger, ovs: () => probes.ovs });
    const tasks = new OnDemandServer({
      kind: 'Capture',
      pool,
      runner: {
        start: (nodeId, resource) => flows.startCapture(nodeId, decodeCapture(resource)),
        stop: (nodeId, captureId) => flows.stopCapture(nodeId, captureId),
      },
      complaints,
      logger,
    });
    const tables = new FlowTableServer({ pool, tables: flows, complaints });
    flows.start();
    tasks.start();
    tables.start();
    this.#started.push(async () => {
      tables.stop();
      await tasks.stop();
      await flows.stop();
    });
    return flows;
  }

  /** The packet injections that analyzers ask for. */
  #injections(graph: Graph, pool: Pool, { complaints }: Shared): void {
    const logger = this.#logger;
    const injector = new Injector({ graph, logger });
    const tasks = new OnDemandServer({
      kind: 'PacketInjection',
      pool,
      runner: {
        start: async (nodeId, resource) => injector.startInjection(nodeId, decodeInjectionRequest(resource)),
        stop: async (nodeId, injectionId) => injector.stopInjection(nodeId, injectionId),
      },
      complaints,
      logger,
    });
    injector.start();
    tasks.start();
    this.#started.push(async () => {
      await tasks.stop();
      injector.stop();
    });
  }

  /** Certificates of a side, watched for new ones; undefined when it goes without TLS. */
  #certificates(side: Side): RotatingCertificates | undefined {
    const certificates = RotatingCertificates.open(this.#config, side, this.#logger);
    certificates?.start();
    this.#started.push(() => certificates?.stop());
    return certificates;
  }

  /** A connection to each of `analyzers`, not yet made. */
  #analyzers(host: string, shared: Shared, tls: SecureContextOptions | undefined): ClientPool {
    const [config, logger] = [this.#config, this.#logger];
    const addresses = analyzerAddresses(config);
    if (addresses.length === 0) logger.info('no analyzers are configured: this agent stands alone');
    const scheme = tls === undefined ? 'ws' : 'wss';
    return new ClientPool({
      urls: addresses.map((address) => `${scheme}://${formatAddress(address)}/ws/agent/topology`),
      host,
      serviceType: 'agent',
      protocol: 'protobuf',
      headers: { 'X-Persistence-Policy': 'DeleteOnDisconnect' },
      shared,
      credentials: () => clusterCredentials(config, 'agent'),
      ...(tls !== undefined && { tls }),
      backOff: new BackOff({ firstMs: 50, maxMs: 1000 }),
    });
  }
}
