// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Authenticator } from '../auth/authenticator.js';
import type { Config } from '../config/key.js';
import type { GraphSource } from '../graph/view.js';
import type { RunOptions } from '../gremlin/run.js';
import type { Logger } from '../log/logger.js';
import type { Limits } from './limits.js';
import type { Resource } from './resources/resource.js';
import type { Route } from './route.js';

/** PEM texts of the listener; plain HTTP without them. */
export interface TlsParts {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Whose client certificates are believed. */
  readonly ca?: string | Buffer;
  /** Refuse clients that present none. */
  readonly requireClientCert?: boolean;
  /** Calls back when there are new ones; connections that are open stay. */
  readonly rotations?: (take: (next: Pick<TlsParts, 'cert' | 'key' | 'ca'>) => void) => () => void;
}

export interface ListenAddress {
  /** Host name or address; empty for every address of the machine. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
}

/** What an API server is made of. */
export interface ApiParts {
  readonly service: 'analyzer' | 'agent';
  readonly hostId: string;
  readonly version: string;
  readonly config: Config;
  readonly source: GraphSource;
  /** Called at each `GET /api/status`. */
  readonly status: () => unknown;
  readonly authenticator: Authenticator;
  /** Takes over connections that ask to be upgraded; without it they are answered as plain requests. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Paths that `upgrade` serves: a plain request to one is answered as a failed upgrade. */
  readonly webSockets?: readonly string[];
  /** What queries have beside the graph: flows, workflows. */
  readonly queries?: Pick<RunOptions, 'flows' | 'flowExpireMs' | 'workflows'>;
  /** What has `/api/<name>` and `/api/<name>/{id}`. */
  readonly resources?: readonly Resource[];
  /** Further rows, after the built-in ones: the browser application. */
  readonly routes?: readonly Route[];
  readonly logger: Logger;
  readonly listen: ListenAddress;
  readonly tls?: TlsParts;
  readonly limits?: Partial<Limits>;
}
