// SPDX-License-Identifier: Apache-2.0

import type { AddressInfo } from 'node:net';
import { pcapRoute } from '../api/endpoints/pcap.js';
import type { Route } from '../api/route.js';
import type { Config } from '../config/key.js';
import { FlowIntake } from '../flow/intake.js';
import type { FlowStorage } from '../gremlin/flow-source.js';
import type { Logger } from '../log/logger.js';
import type { FlowSegments } from '../store/segments/flow-segments.js';
import { FlowSubscribers } from '../sync/flow-subscribers.js';
import { Endpoint } from '../wire/endpoint.js';
import { flowStorageOf, openFlowStore } from './flow-store.js';
import { PcapImport } from './pcap-import.js';

/** 0 and unset stand for it, as in the original. */
const defaultBulkDelayS = 5;

/** Flows on their way through the analyzer: from agents, into the store, to whoever subscribed. */
export class Flows {
  /** What is kept of them; undefined where they are not. */
  readonly storage: FlowStorage | undefined;
  readonly #config: Config;
  readonly #store: FlowSegments | undefined;
  readonly #intake: FlowIntake;
  readonly #subscribers: FlowSubscribers;
  readonly #agents: Endpoint;
  readonly #pcap: PcapImport;
  readonly #exporters = new Endpoint('/ws/subscriber/flow', { limit: 'api' });

  private constructor(config: Config, logger: Logger, store: FlowSegments | undefined) {
    this.#config = config;
    this.#store = store;
    this.storage = store === undefined ? undefined : flowStorageOf(store);
    this.#pcap = new PcapImport(config, logger, store);
    this.#subscribers = new FlowSubscribers(this.#exporters);
    const backend = config.getString('analyzer.flow.backend');
    const delayS = config.getInt(`storage.${backend}.bulk_maxdelay`) || defaultBulkDelayS;
    this.#intake = new FlowIntake(
      {
        maxFlows: config.getInt('analyzer.flow.max_buffer_size'),
        bulkDelayMs: delayS * 1000,
        logger,
        ...(store !== undefined && { store: store.native }),
      },
      {
        flows: (flows) => this.#subscribers.flows(flows),
        stats: (stats) => this.#subscribers.stats(stats),
      },
    );
    this.#agents = new Endpoint('/ws/agent/flow', {
      limit: 'cluster',
      raw: (_speaker, message) => this.#intake.put(message),
    });
    // After the subscribers themselves have noted who came or went.
    const want = () => this.#intake.want(this.#subscribers.wanted);
    this.#exporters.onConnected(want);
    this.#exporters.onDisconnected(want);
  }

  /** Opens the store. Throws SKY_E_CONFIG or SKY_E_STORE naming the key. */
  static async open(config: Config, logger: Logger): Promise<Flows> {
    return new Flows(config, logger, await openFlowStore(config, logger));
  }

  /** What agents and exporters connect to. */
  get endpoints(): readonly Endpoint[] {
    return [this.#agents, this.#exporters];
  }

  /** Takes datagrams at the address of the API, where that is how agents send. Throws SKY_E_ADDRESS. */
  listen({ address, port }: AddressInfo): void {
    if (this.#config.getString('flow.protocol').toLowerCase() === 'udp') this.#intake.listen(address, port);
  }

  /** What takes capture files. */
  get routes(): readonly Route[] {
    return [pcapRoute((file) => this.#pcap.take(file))];
  }

  /** As `/api/status` shows it. */
  status() {
    const { messages, malformed, flows, dropped, waiting, stats, unsent, datagrams, kernelDropped } =
      this.#intake.counters();
    return {
      Agents: this.#agents.status(),
      Subscribers: this.#exporters.status(),
      Messages: messages,
      Malformed: malformed,
      Flows: flows,
      Dropped: dropped,
      Waiting: waiting,
      Stats: stats,
      Unsent: unsent,
      Datagrams: datagrams,
      KernelDropped: kernelDropped,
      ...(this.#store !== undefined && { Store: this.#store.status() }),
    };
  }

  /** Stores what still waits, and ends. */
  async stop(): Promise<void> {
    this.#subscribers.stop();
    this.#intake.stop();
    await this.#store?.close();
  }
}
