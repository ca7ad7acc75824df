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
import { Fifo } from '../../wire/fifo.js';
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

/** Queries of one analyzer that are worked on at a time: threads are few, and others need them, too. */
const maxRunning = 2;
/** Queries of one analyzer that wait. */
const maxWaiting = 1000;

interface Queue {
  running: number;
  readonly waiting: Fifo<StructMessage>;
}

/** An agent's side of live flows: answers `TableQuery` of analyzers. A query that cannot be read gets no answer. */
export class FlowTableServer {
  readonly #options: FlowTableServerOptions;
  readonly #queues = new WeakMap<Speaker, Queue>();
  #stop: (() => void) | undefined;

  constructor(options: FlowTableServerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stop ??= this.#options.pool.on(flowNamespace, (speaker, message) => {
      if (message.type === tableQueryType) this.#receive(speaker, message);
    });
  }

  /** What waits gets no answer. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #receive(speaker: Speaker, message: StructMessage): void {
    const queue = this.#queues.get(speaker) ?? { running: 0, waiting: new Fifo<StructMessage>() };
    this.#queues.set(speaker, queue);
    if (queue.waiting.length >= maxWaiting) {
      const text = `${speaker.name} asks faster than it is answered: dropped a flow query`;
      this.#options.complaints.note('queueOverflow', text);
      return;
    }
    queue.waiting.push(message);
    if (queue.running < maxRunning) void this.#work(speaker, queue);
  }

  async #work(speaker: Speaker, queue: Queue): Promise<void> {
    queue.running += 1;
    for (;;) {
      const message = queue.waiting.shift();
      if (message === undefined || !speaker.connected || this.#stop === undefined) break;
      try {
        await this.#answer(speaker, message);
      } catch (error) {
        const text = `no answer to a flow query of ${speaker.name}: ${messageOf(error)}`;
        this.#options.complaints.note('malformedPayload', text);
      }
    }
    queue.running -= 1;
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
