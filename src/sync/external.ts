// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { GraphSource } from '../graph/view.js';
import { Endpoint } from '../wire/endpoint.js';
import type { Shared } from '../wire/shared.js';
import type { FilterQueries } from './graph-filter.js';
import type { OriginIndex } from './origin-index.js';
import { Publishers } from './publishers.js';
import { Subscribers } from './subscribers.js';

export interface ExternalEndpointsOptions {
  readonly graph: Graph;
  /** The live graph with history behind it, where there is one. */
  readonly source: GraphSource;
  readonly origins: OriginIndex;
  /** How the filters of subscribers are run. */
  readonly queries: FilterQueries;
  readonly shared: Shared;
}

/** `/ws/publisher` and `/ws/subscriber`: for programs of others, served by agents and analyzers alike. */
export class ExternalEndpoints {
  readonly publisher = new Endpoint('/ws/publisher', { limit: 'api' });
  readonly subscriber = new Endpoint('/ws/subscriber', { limit: 'api' });
  readonly #publishers: Publishers;
  readonly #subscribers: Subscribers;

  constructor({ graph, source, origins, queries, shared }: ExternalEndpointsOptions) {
    const { complaints } = shared;
    this.#publishers = new Publishers({
      endpoint: this.publisher,
      graph,
      origins,
      complaints,
      validated: true,
    });
    this.#subscribers = new Subscribers({ endpoint: this.subscriber, graph, source, queries, shared });
  }

  stop(): void {
    this.#publishers.stop();
    this.#subscribers.stop();
  }
}
