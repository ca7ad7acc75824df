// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Drop } from '../wire/client.js';
import type { Endpoint } from '../wire/endpoint.js';
import type { Work } from '../wire/inbox.js';
import type { StructMessage } from '../wire/message.js';
import type { Pool } from '../wire/pool.js';
import type { Shared } from '../wire/shared.js';
import type { Speaker } from '../wire/speaker.js';
import type { ConnectionStatus } from '../wire/status.js';
import { applyMessage } from './apply-message.js';
import { decodeSync } from './decode-sync.js';
import { Feed } from './feed.js';
import { EventMessages, graphNamespace, syncMessage } from './graph-message.js';
import { mergeGraph } from './merge-graph.js';
import type { OriginIndex } from './origin-index.js';
import { deleteOrigin } from './replace-subgraph.js';

export interface ReplicationOptions {
  /** `/ws/replication`, where other analyzers connect to us. */
  readonly endpoint: Endpoint;
  readonly graph: Graph;
  readonly origins: OriginIndex;
  readonly shared: Shared;
  /** Own host id and service type. */
  readonly host: string;
  readonly serviceType: string;
}

/**
 * Analyzers tell each other the changes of their graphs, each pair over one connection, whoever made it. What a peer
 * told is not told on: analyzers are a full mesh.
 */
export class Replication {
  readonly #options: ReplicationOptions;
  /** Hosts we are connected to or about to be, in either direction. */
  readonly #peers = new Set<string>();
  readonly #feeds = new Map<Speaker, Feed>();
  readonly #stop: (() => void)[] = [];
  #outgoing: Pool | undefined;
  #applying = false;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    const { endpoint, graph } = options;
    endpoint.accept = (speaker) => {
      const { host } = speaker.peer;
      if (this.#claim(host) !== undefined) {
        throw new SkydiveError('SKY_E_CONFLICT', `analyzer ${host} is connected already, or this one itself`);
      }
      this.#follow(speaker);
    };
    this.#serve(endpoint);
    this.#stop.push(
      endpoint.onDisconnected((speaker) => this.#leave(speaker)),
      graph.on((event) => {
        if (this.#applying || this.#feeds.size === 0) return;
        const messages = new EventMessages(event);
        for (const feed of this.#feeds.values()) feed.send(messages);
      }),
    );
  }

  /** True while a peer's message is being applied: its sender has put it into a storage that both share. */
  get applying(): boolean {
    return this.#applying;
  }

  /** For the clients that connect to the other analyzers: whether the connection is used. */
  readonly accept = (speaker: Speaker): Drop | undefined => {
    const drop = this.#claim(speaker.peer.host);
    if (drop === undefined) this.#follow(speaker);
    return drop;
  };

  /** Takes over the connections to the other analyzers. */
  connectTo(pool: Pool): void {
    this.#outgoing = pool;
    this.#serve(pool);
    this.#stop.push(pool.onDisconnected((speaker) => this.#lost(speaker)));
  }

  /** As `/api/status` shows the peers. */
  status(): Readonly<Record<'Incomers' | 'Outgoers', Record<string, ConnectionStatus>>> {
    return { Incomers: this.#options.endpoint.status(), Outgoers: this.#outgoing?.status() ?? {} };
  }

  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
    for (const feed of this.#feeds.values()) feed.stop();
    this.#feeds.clear();
  }

  #serve(pool: Pool): void {
    this.#stop.push(pool.on(graphNamespace, (speaker, message) => this.#receive(speaker, message)));
  }

  #claim(host: string): Drop | undefined {
    if (host === this.#options.host) return 'forGood';
    if (this.#peers.has(host)) return 'later';
    this.#peers.add(host);
    return undefined;
  }

  #follow(speaker: Speaker): void {
    const { graph } = this.#options;
    speaker.send(syncMessage({ type: 'Sync' }, () => graph.view()));
    this.#feeds.set(speaker, new Feed(graph, speaker, 'partial'));
  }

  #leave(speaker: Speaker): void {
    this.#feeds.get(speaker)?.stop();
    this.#feeds.delete(speaker);
    this.#peers.delete(speaker.peer.host);
  }

  /** What the peer itself had made goes with an outgoing connection; agents are known to their own analyzers. */
  #lost(speaker: Speaker): Work {
    this.#leave(speaker);
    const { graph, origins, host, serviceType } = this.#options;
    if (speaker.peer.host === host) return;
    return deleteOrigin(graph, origins, `${serviceType}.${speaker.peer.host}`);
  }

  #receive(speaker: Speaker, message: StructMessage): Work {
    if (speaker.peer.host === this.#options.host) return;
    if (message.type === 'Sync') return this.#whileApplying(this.#merge(speaker, message));
    if (message.type === 'SyncReply' || message.type === 'SyncRequest') return;
    this.#applying = true;
    try {
      applyMessage(this.#options.graph, message);
    } catch (thrown) {
      this.#refused(speaker, message, thrown);
    } finally {
      this.#applying = false;
    }
  }

  *#merge(speaker: Speaker, message: StructMessage): Generator<void, void> {
    try {
      const content = yield* decodeSync(message.payload);
      yield* mergeGraph(this.#options.graph, content, (thrown) => this.#refused(speaker, message, thrown));
    } catch (thrown) {
      this.#refused(speaker, message, thrown);
    }
  }

  /** The same steps, each marked as coming from a peer. */
  *#whileApplying(work: Generator<void, void>): Generator<void, void> {
    for (;;) {
      this.#applying = true;
      try {
        if (work.next().done === true) return;
      } finally {
        this.#applying = false;
      }
      yield;
    }
  }

  #refused(speaker: Speaker, message: StructMessage, thrown: unknown): void {
    const conflict = thrown instanceof SkydiveError && thrown.code.startsWith('SKY_E_GRAPH_');
    const kind = conflict && thrown.code !== 'SKY_E_GRAPH_DECODE' ? 'graphConflict' : 'malformedPayload';
    const text = `dropped ${message.type} of ${speaker.name}: ${messageOf(thrown)}`;
    this.#options.shared.complaints.note(kind, text);
  }
}
