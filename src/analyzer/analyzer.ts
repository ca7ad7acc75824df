// SPDX-License-Identifier: Apache-2.0

import type { AddressInfo } from 'node:net';
import { admission, type EndpointUsers, requireEndpointRows } from '../api/admission.js';
import { rbacRoutes } from '../api/endpoints/rbac.js';
import { opennessWarnings } from '../api/openness.js';
import { elementResource } from '../api/resources/element.js';
import type { Route } from '../api/route.js';
import { ApiServer } from '../api/server.js';
import { tlsPartsOf } from '../api/transport/tls.js';
import type { Authenticator } from '../auth/authenticator.js';
import { authenticatorOf, defaultRoleOf } from '../auth/backend.js';
import { PolicyStore } from '../auth/rbac/store.js';
import { parseAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import { messageOf } from '../errors.js';
import { Graph } from '../graph/graph.js';
import { boundsOf } from '../gremlin/bounds.js';
import type { Logger } from '../log/logger.js';
import { bcrypt } from '../native/bcrypt.js';
import { LiveFlows } from '../services/flows/live-flows.js';
import { restore } from '../store/restore.js';
import { historySource } from '../store/source.js';
import { UndoStack } from '../undo.js';
import { version } from '../version.js';
import type { Side } from '../wire/certificates.js';
import { RotatingCertificates } from '../wire/rotation.js';
import { Captures } from './captures.js';
import { Connections } from './connections.js';
import { Flows } from './flows.js';
import { openHistory } from './history.js';
import { Injections } from './injections.js';
import { openAnalyzerKv } from './kv.js';

/** Merges what agents see into one graph, keeps its history, and answers questions. */
export class Analyzer {
  readonly #config: Config;
  readonly #logger: Logger;
  #access: { readonly routes: readonly Route[]; readonly endpoints: readonly string[] } | undefined;
  readonly #stopping = new AbortController();
  readonly #started: UndoStack;

  constructor(config: Config, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#started = new UndoStack(logger);
  }

  /** Everything that clients can reach, with who may; undefined before the start. For those who check it. */
  get access() {
    return this.#access;
  }

  /** Resolves with the address once queries are answered. What had been started is stopped when it fails. */
  start(): Promise<AddressInfo> {
    return this.#started.guard(() => this.#start());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#started.run();
  }

  async #start(): Promise<AddressInfo> {
    const [config, logger] = [this.#config, this.#logger];
    const host = config.getString('host_id');
    const origin = `analyzer.${host}`;
    const onListenerError = (error: unknown) => logger.error(`graph listener: ${messageOf(error)}`);
    const graph = new Graph({ host, origin, onListenerError });

    const history = await openHistory(config, origin, logger);
    this.#started.push(() => history.close());
    const { nodes, edges, stop } = await restore(graph, history);
    this.#started.push(stop);
    if (nodes > 0) logger.info(`${nodes} nodes and ${edges} edges restored from history`);

    const tls = this.#certificates();
    const { kv, policy, authenticators } = await this.#trust(tls);
    const warnings = opennessWarnings(config, 'analyzer');
    for (const warning of warnings) logger.warn(warning);

    const source = historySource(graph, history);
    const flows = await Flows.open(config, logger);
    this.#started.push(() => flows.stop());
    const connections = new Connections({
      endpoints: flows.endpoints,
      config,
      logger,
      host,
      graph,
      source,
      kv: kv.kv,
      queries: () => ({ flows: liveFlows }),
      authenticate: admission(authenticators, logger),
      ...(tls.client !== undefined && { certificates: tls.client }),
    });
    requireEndpointRows(connections.paths);
    const liveFlows = new LiveFlows({
      agents: connections.agents,
      complaints: connections.complaints,
      maxFlows: boundsOf(config).maxRows,
      ...(flows.storage !== undefined && { storage: flows.storage }),
    });
    const captures = new Captures({ config, logger, host, graph, kv: kv.kv });
    const injections = new Injections({ logger, host, graph, kv: kv.kv });

    const requireClientCert = config.getBool('tls.require_client_cert');
    const api = new ApiServer({
      service: 'analyzer',
      hostId: host,
      version,
      config,
      source,
      status: () => ({
        ...connections.status(),
        Alerts: { IsMaster: false },
        Captures: { IsMaster: captures.isMaster },
        Probes: {},
        Flows: flows.status(),
        History: history.status(),
        KeyValueStore: { Kind: kv.kind },
        Policy: { Refused: policy.refused },
        Warnings: warnings,
      }),
      webSockets: connections.paths,
      queries: { flows: liveFlows },
      routes: [...rbacRoutes(policy, defaultRoleOf(config, 'analyzer.auth.api.backend')), ...flows.routes],
      resources: [
        elementResource('node', graph),
        elementResource('edge', graph),
        captures.resource,
        injections.resource,
      ],
      authenticator: authenticators.api,
      upgrade: (request, socket, head) => connections.upgrade(request, socket, head),
      logger,
      listen: parseAddress(config.getString('analyzer.listen')),
      ...(tls.server !== undefined && { tls: tlsPartsOf(tls.server, requireClientCert) }),
    });
    this.#access = { routes: api.routes, endpoints: connections.paths };
    const address = await api.start();
    this.#started.push(async () => {
      await connections.stop();
      await api.stop();
    });
    flows.listen(address);
    connections.start();
    await captures.start(connections.agents, connections.subscribers, this.#started);
    await injections.start(connections.agents, connections.subscribers, this.#started);
    return address;
  }

  /** The certificates of both sides, watched for new ones. */
  #certificates(): Partial<Record<Side, RotatingCertificates>> {
    const rotating: Partial<Record<Side, RotatingCertificates>> = {};
    for (const side of ['server', 'client'] as const) {
      const certificates = RotatingCertificates.open(this.#config, side, this.#logger);
      if (certificates === undefined) continue;
      certificates.start();
      this.#started.push(() => certificates.stop());
      rotating[side] = certificates;
    }
    return rotating;
  }

  /** Shared state, and with it who may do what. */
  async #trust(tls: Readonly<Partial<Record<Side, RotatingCertificates>>>) {
    const [config, logger] = [this.#config, this.#logger];
    const known: Partial<Record<EndpointUsers, Authenticator>> = {};
    const kv = await openAnalyzerKv(config, logger, () => known.cluster, this.#stopping.signal, tls);
    this.#started.push(() => kv.close());
    const policy = await PolicyStore.open(config, kv.kv, logger);
    this.#started.push(() => policy.stop());
    const authenticators = {
      api: await authenticatorOf({ config, key: 'analyzer.auth.api.backend', policy, logger, bcrypt }),
      cluster: await authenticatorOf({
        config,
        key: 'analyzer.auth.cluster.backend',
        policy,
        logger,
        bcrypt,
      }),
    };
    known.cluster = authenticators.cluster;
    await kv.kv.set(
      `/client:${config.getString('host_id')}/start-time`,
      String(Math.floor(Date.now() / 1000)),
    );
    return { kv, policy, authenticators };
  }
}
