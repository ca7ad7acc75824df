// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { messageOf, SkydiveError } from '../errors.js';
import type { Capture } from '../flow/capture.js';
import { decodeCapture } from '../flow/decode-capture.js';
import type { Graph } from '../graph/graph.js';
import type { Logger } from '../log/logger.js';
import { captureKind } from '../services/captures/capture-kind.js';
import { activeCount, canCapture, selectedNodes } from '../services/captures/capture-nodes.js';
import { OnDemandClient } from '../services/ondemand/client.js';
import { KvResource } from '../services/resources/kv-resource.js';
import { Election } from '../store/kv/election.js';
import type { KvStore } from '../store/kv/store.js';
import type { UndoStack } from '../undo.js';
import { systemClock } from '../wire/clock.js';
import type { Pool } from '../wire/pool.js';

export interface CapturesOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly host: string;
  readonly graph: Graph;
  readonly kv: KvStore;
}

/** The captures of an analyzer: the resource, and what has agents run them. */
export class Captures {
  readonly resource: KvResource<Capture>;
  readonly #options: CapturesOptions;
  #election: Election | undefined;

  constructor(options: CapturesOptions) {
    const { config, logger, graph, kv } = options;
    this.#options = options;
    const kind = captureKind({
      defaultLayerKeyMode: config.getString('flow.default_layer_key_mode').toUpperCase() || 'L2',
      count: (capture) => activeCount(capture, graph),
    });
    this.resource = new KvResource(kind, kv, logger);
  }

  /** Whether this analyzer drives the agents. */
  get isMaster(): boolean {
    return this.#election?.isMaster ?? false;
  }

  /** Takes part in the election, and makes the capture that the configuration asks for. */
  async start(agents: Pool, subscribers: Pool, started: UndoStack): Promise<void> {
    const { logger, host, graph, kv } = this.#options;
    const election = new Election({ kv, name: 'ondemand-client-Capture', host, logger });
    this.#election = election;
    const client = new OnDemandClient<Capture>({
      kind: 'Capture',
      graph,
      resources: this.resource,
      select: async (capture) =>
        (await selectedNodes(capture, graph)).filter((node) => canCapture(capture, node)),
      queryOf: ({ GremlinQuery = '' }) => GremlinQuery,
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
    await this.#startup();
  }

  /** One that is there already is as good. Throws SKY_E_CONFIG naming the key. */
  async #startup(): Promise<void> {
    const { config } = this.#options;
    const key = 'analyzer.startup.capture';
    const GremlinQuery = config.getString(`${key}_gremlin`);
    if (GremlinQuery === '') return;
    const capture = decodeCapture({
      GremlinQuery,
      BPFFilter: config.getString(`${key}_bpf`),
      Type: config.getString(`${key}_type`),
    });
    try {
      this.resource.validate(capture);
      await this.resource.create(capture);
    } catch (error) {
      if (error instanceof SkydiveError && error.code === 'SKY_E_CONFLICT') return;
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `the capture of ${key}_gremlin, ${key}_bpf and ${key}_type cannot be made: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
}
