// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import {
  decodeTableQuery,
  encodeTableReply,
  flowNamespace,
  tableQueryType,
  tableReplyObject,
  tableResultType,
} from '../../flow/table-query.js';
import type { Complaints } from '../../wire/complaints.js';
import type { Work } from '../../wire/inbox.js';
import type { StructMessage } from '../../wire/message.js';
import { Outgoing } from '../../wire/outgoing.js';
import type { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';

/** The tables of an agent: a serialized SearchQuery gives a serialized FlowSet each. */
export interface FlowTables {
  query(searchQuery: Uint8Array): Promise<Buffer[]>;
}

export interface FlowTableServerOptions {
  /** The connections to the analyzers. */
  readonly pool: Pool;
  readonly tables: FlowTables;
  readonly complaints: Complaints;
}

/** Queries that are worked on while connections are still read; the next ones wait. */
const maxRunning = 16;

/** An agent's side of live flows: answers `TableQuery` of analyzers. A query that cannot be read gets no answer. */
export class FlowTableServer {
  readonly #options: FlowTableServerOptions;
  #running = 0;
  #stop: (() => void) | undefined;

  constructor(options: FlowTableServerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stop ??= this.#options.pool.on(flowNamespace, (speaker, message) =>
      this.#receive(speaker, message),
    );
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #receive(speaker: Speaker, message: StructMessage): Work {
    if (message.type !== tableQueryType) return;
    this.#running += 1;
    const answered = this.#answer(speaker, message)
      .catch((error: unknown) => {
        const text = `no answer to a flow query of ${speaker.name}: ${messageOf(error)}`;
        this.#options.complaints.note('malformedPayload', text);
      })
      .finally(() => {
        this.#running -= 1;
      });
    return this.#running > maxRunning ? answered : undefined;
  }

  async #answer(speaker: Speaker, { uuid, payload }: StructMessage): Promise<void> {
    const query = decodeTableQuery(payload.bytes());
    // Who asks for many flows without taking them waits.
    await speaker.roomForChunked();
    const sets = query === undefined ? [] : await this.#options.tables.query(query);
    const head = { namespace: flowNamespace, type: tableResultType, uuid };
    speaker.send(Outgoing.protobuf(head, encodeTableReply(sets), () => tableReplyObject(sets)));
  }
}
