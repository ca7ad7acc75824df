// SPDX-License-Identifier: Apache-2.0

import type { Work } from './inbox.js';
import { Pool } from './pool.js';
import type { Speaker } from './speaker.js';

export interface EndpointOptions {
  /** `api`: bounded by `http.ws.max_message_size`; `cluster`: our own agents and analyzers, 1 GiB. */
  readonly limit: 'api' | 'cluster';
  /**
   * The endpoint's own acceptance, after everything else was fine. Throwing refuses the connection with close 1000;
   * what it sends goes out behind the first ping.
   */
  readonly accept?: (speaker: Speaker) => void | Promise<void>;
  /** For endpoints without StructMessage: takes whole WebSocket messages. */
  readonly raw?: (speaker: Speaker, bytes: Buffer) => Work;
}

/** A WebSocket path that a server serves, with its connections. Host ids are unique within it. */
export class Endpoint extends Pool {
  readonly path: string;
  readonly options: EndpointOptions;
  /** See EndpointOptions; whoever serves the endpoint may set it. */
  accept: ((speaker: Speaker) => void | Promise<void>) | undefined;
  /** Host ids that are connected or about to be. */
  readonly hosts = new Set<string>();

  constructor(path: string, options: EndpointOptions) {
    super();
    this.path = path;
    this.options = options;
    this.accept = options.accept;
  }
}
