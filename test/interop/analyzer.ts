// SPDX-License-Identifier: Apache-2.0

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import type { GraphSource } from '../../src/graph/view.js';
import { silentLogger } from '../../src/log/logger.js';
import type { FilterQueries } from '../../src/sync/graph-filter.js';
import { OriginIndex } from '../../src/sync/origin-index.js';
import { Publishers } from '../../src/sync/publishers.js';
import { Subscribers } from '../../src/sync/subscribers.js';
import { Endpoint } from '../../src/wire/endpoint.js';
import { WireServer } from '../../src/wire/server.js';
import { type Shared, shareWire } from '../../src/wire/shared.js';

export interface TestAnalyzer {
  readonly port: number;
  readonly graph: Graph;
  readonly shared: Shared;
  readonly subscribers: Subscribers;
  readonly endpoints: Readonly<Record<'topology' | 'publisher' | 'subscriber', Endpoint>>;
  /** Messages that were handled or refused. */
  handled(): number;
}

/** An analyzer's WebSocket endpoints over a graph in memory. */
export async function startTestAnalyzer(
  t: TestContext,
  host = 'an1',
  history?: (graph: Graph) => GraphSource,
  queueSize?: number,
  queries?: FilterQueries,
): Promise<TestAnalyzer> {
  const shared = shareWire({ log: silentLogger, ...(queueSize && { queueSize }) });
  const graph = new Graph({ host, origin: `analyzer.${host}` });
  const endpoints = {
    topology: new Endpoint('/ws/agent/topology', { limit: 'cluster' }),
    publisher: new Endpoint('/ws/publisher', { limit: 'api' }),
    subscriber: new Endpoint('/ws/subscriber', { limit: 'api' }),
  };
  const origins = new OriginIndex(graph);
  const { complaints } = shared;
  new Publishers({ endpoint: endpoints.topology, graph, origins, complaints, validated: false });
  new Publishers({ endpoint: endpoints.publisher, graph, origins, complaints, validated: true });
  const subscribers = new Subscribers({
    endpoint: endpoints.subscriber,
    graph,
    shared,
    ...(history && { source: history(graph) }),
    ...(queries && { queries }),
  });
  let count = 0;
  for (const endpoint of Object.values(endpoints)) {
    endpoint.on('*', () => {
      count++;
    });
  }
  const server = new WireServer({
    host,
    serviceType: 'analyzer',
    endpoints: Object.values(endpoints),
    shared,
    authenticate: () => ({ admitted: true, cookies: ['permissions=…; Path=/'] }),
  });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.stop();
    http.close();
  });
  const port = (http.address() as AddressInfo).port;
  // A text that is no message reaches no handler.
  const handled = () => count + complaints.count('malformedMessage');
  return { port, graph, shared, subscribers, endpoints, handled };
}
