// SPDX-License-Identifier: Apache-2.0

import type { SecureContextOptions } from 'node:tls';
import { formatAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import { FlowClients } from '../services/flows/flow-clients.js';
import { UdpFlowClient } from '../services/flows/udp-flow-client.js';
import { WebSocketFlowClient } from '../services/flows/websocket-flow-client.js';
import { clusterCredentials } from '../wire/cluster-credentials.js';
import type { Pool } from '../wire/pool.js';
import type { Shared } from '../wire/shared.js';

export interface FlowClientsParts {
  readonly config: Config;
  /** Own host id. */
  readonly host: string;
  /** The topology connections to the analyzers. */
  readonly pool: Pool;
  readonly shared: Shared;
  /** As the topology connections have it. */
  readonly tls?: SecureContextOptions;
}

/** The clients that send this agent's flows, as `flow.protocol` says. */
export function flowClients({ config, host, pool, shared, tls }: FlowClientsParts): FlowClients {
  const webSocket = config.getString('flow.protocol').toLowerCase() === 'websocket';
  const scheme = tls === undefined ? 'ws' : 'wss';
  return new FlowClients({
    pool,
    complaints: shared.complaints,
    open: ({ peer: { address, port } }) =>
      webSocket
        ? new WebSocketFlowClient({
            url: `${scheme}://${formatAddress({ host: address, port })}/ws/agent/flow`,
            host,
            shared,
            credentials: () => clusterCredentials(config, 'agent'),
            ...(tls !== undefined && { tls }),
          })
        : new UdpFlowClient({ host: address, port, shared }),
  });
}
