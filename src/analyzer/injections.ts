// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { Logger } from '../log/logger.js';
import { checkInjection, injectionsOf } from '../services/injection/injection-nodes.js';
import { injectionKind, type PacketInjection } from '../services/injection/packet-injection.js';
import type { InjectionRequest } from '../services/injection/request.js';
import { OnDemandClient } from '../services/ondemand/client.js';
import { KvResource } from '../services/resources/kv-resource.js';
import { Election } from '../store/kv/election.js';
import type { KvStore } from '../store/kv/store.js';
import type { UndoStack } from '../undo.js';
import { systemClock } from '../wire/clock.js';
import type { Pool } from '../wire/pool.js';

export interface InjectionsOptions {
  readonly logger: Logger;
  readonly host: string;
  readonly graph: Graph;
  readonly kv: KvStore;
}

/** The packet injections of an analyzer: the resource, and what has agents send the packets. */
export class Injections {
  readonly resource: KvResource<PacketInjection>;
  readonly #options: InjectionsOptions;

  constructor(options: InjectionsOptions) {
    const { logger, graph, kv } = options;
    this.#options = options;
    const kind = injectionKind((injection) => checkInjection(injection, graph));
    this.resource = new KvResource(kind, kv, logger);
  }

  /** Takes part in the election. */
  async start(agents: Pool, subscribers: Pool, started: UndoStack): Promise<void> {
    const { logger, host, graph, kv } = this.#options;
    const election = new Election({ kv, name: 'ondemand-client-PacketInjection', host, logger });
    /** Node → request, of those that are about to be sent. */
    let requests = new Map<string, InjectionRequest>();
    const client = new OnDemandClient<PacketInjection>({
      kind: 'PacketInjection',
      graph,
      resources: this.resource,
      select: async (injection) => {
        const found = await injectionsOf(injection, graph);
        requests = new Map([...found].map(([{ ID }, request]) => [ID, request]));
        return [...found.keys()];
      },
      request: (_injection, { ID }) => requests.get(ID)!,
      queryOf: ({ Src, Dst }) => `${Src} ${Dst}`,
      once: true,
      election,
      agents,
      subscribers,
      clock: systemClock,
      logger,
    });
    await client.start();
    started.push(() => client.stop());
    election.start();
    started.push(() => election.stop());
  }
}
