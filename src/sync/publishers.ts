// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Edge, Node } from '../graph/element.js';
import type { Graph } from '../graph/graph.js';
import { makeEdge, makeNode } from '../graph/revision.js';
import { schemaError } from '../graph/schema.js';
import type { Complaints } from '../wire/complaints.js';
import type { Endpoint } from '../wire/endpoint.js';
import type { Work } from '../wire/inbox.js';
import type { StructMessage } from '../wire/message.js';
import type { Speaker } from '../wire/speaker.js';
import { applyMessage } from './apply-message.js';
import { decodeSync } from './decode-sync.js';
import { graphNamespace, syncMessage } from './graph-message.js';
import type { OriginIndex } from './origin-index.js';
import { deleteOrigin, replaceSubgraph } from './replace-subgraph.js';

export interface PublishersOptions {
  /** `/ws/agent/topology` or `/ws/publisher`. */
  readonly endpoint: Endpoint;
  readonly graph: Graph;
  readonly origins: OriginIndex;
  readonly complaints: Complaints;
  /**
   * External publishers: their elements must satisfy the schema and get the client's origin. Elements of agents are
   * taken as they are.
   */
  readonly validated: boolean;
}

/** Clients that write to the graph: each owns what carries its origin (`type.host`). */
export class Publishers {
  readonly #options: PublishersOptions;
  /** Clients that have sent a Graph message. */
  readonly #authors = new Set<Speaker>();
  readonly #stop: (() => void)[];

  constructor(options: PublishersOptions) {
    this.#options = options;
    const { endpoint } = options;
    this.#stop = [
      endpoint.on(graphNamespace, (speaker, message) => this.#receive(speaker, message)),
      endpoint.onDisconnected((speaker) => this.#disconnected(speaker)),
    ];
  }

  stop(): void {
    for (const stop of this.#stop) stop();
  }

  #receive(speaker: Speaker, message: StructMessage): Work {
    this.#authors.add(speaker);
    if (message.type === 'Sync' || message.type === 'SyncReply') return this.#sync(speaker, message);
    try {
      if (message.type === 'SyncRequest') this.#reply(speaker, message);
      else
        applyMessage(this.#options.graph, message, (kind, element) => this.#inspect(speaker, kind, element));
    } catch (thrown) {
      this.#refused(speaker, message, thrown);
    }
  }

  *#sync(speaker: Speaker, message: StructMessage): Generator<void, void> {
    const { graph, origins } = this.#options;
    try {
      const content = yield* decodeSync(message.payload);
      yield* replaceSubgraph({
        graph,
        origins,
        origin: speaker.origin,
        content,
        conflict: (thrown) => this.#refused(speaker, message, thrown),
      });
    } catch (thrown) {
      this.#refused(speaker, message, thrown);
    }
  }

  /** The whole graph, whatever filter or time the request has; its Obj only has to be JSON. */
  #reply(speaker: Speaker, message: StructMessage): Promise<void> {
    message.payload.json();
    const { graph } = this.#options;
    return speaker.roomForChunked().then(() => {
      speaker.send(syncMessage({ type: 'SyncReply', uuid: message.uuid }, () => graph.view()));
    });
  }

  #inspect<T extends Node | Edge>(speaker: Speaker, kind: 'node' | 'edge', element: T): T {
    if (!this.#options.validated) return element;
    const fault = schemaError(kind, element);
    if (fault !== undefined) {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `${kind} ${element.ID}: ${fault}`);
    }
    return ofOrigin(element, speaker.origin);
  }

  #refused(speaker: Speaker, message: StructMessage, thrown: unknown): void {
    const text = `dropped ${message.type} of ${speaker.name}: ${messageOf(thrown)}`;
    this.#options.complaints.note(kindOf(thrown), text);
  }

  #disconnected(speaker: Speaker): Work {
    if (!this.#authors.delete(speaker)) return;
    // The header alone counts, and its exact text.
    if (speaker.peer.header('X-Persistence-Policy')[0] !== 'DeleteOnDisconnect') return;
    return deleteOrigin(this.#options.graph, this.#options.origins, speaker.origin);
  }
}

function kindOf(thrown: unknown): 'graphConflict' | 'invalidElement' | 'malformedPayload' {
  const code = thrown instanceof SkydiveError ? thrown.code : undefined;
  if (code === 'SKY_E_GRAPH_NOT_FOUND' || code === 'SKY_E_GRAPH_DUPLICATE') return 'graphConflict';
  return code === 'SKY_E_BAD_REQUEST' ? 'invalidElement' : 'malformedPayload';
}

function ofOrigin<T extends Node | Edge>(element: T, origin: string): T {
  const { ID, Metadata, Host, CreatedAt, UpdatedAt, DeletedAt, Revision } = element;
  const own =
    'Parent' in element
      ? makeEdge(
          ID,
          Metadata,
          Host,
          origin,
          CreatedAt,
          UpdatedAt,
          DeletedAt,
          Revision,
          element.Parent,
          element.Child,
        )
      : makeNode(ID, Metadata, Host, origin, CreatedAt, UpdatedAt, DeletedAt, Revision);
  return own as T;
}
