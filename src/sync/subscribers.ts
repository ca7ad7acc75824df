// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { GraphSource, GraphView, ViewContext } from '../graph/view.js';
import type { Endpoint } from '../wire/endpoint.js';
import type { StructMessage } from '../wire/message.js';
import { Outgoing } from '../wire/outgoing.js';
import type { Shared } from '../wire/shared.js';
import type { Speaker } from '../wire/speaker.js';
import { Feed } from './feed.js';
import { FilteredFeed } from './filtered-feed.js';
import { type FilteredGraph, type FilterQueries, GraphFilter, sourceAt } from './graph-filter.js';
import {
  EventMessages,
  elementsMessage,
  graphNamespace,
  syncMessage,
  type UpdatePolicy,
} from './graph-message.js';
import { decodeSyncRequest, type SyncRequest } from './sync-request.js';

export interface SubscribersOptions {
  /** `/ws/subscriber`. */
  readonly endpoint: Endpoint;
  readonly graph: Graph;
  /** The live graph with history behind it, where there is one. */
  readonly source?: GraphSource;
  /** How filters are run; all of the language and no bounds when absent. */
  readonly queries?: FilterQueries;
  readonly shared: Shared;
}

const unbounded: FilterQueries = { dialect: 'full', options: () => ({}) };

/** What one client has subscribed to. */
interface Subscription {
  readonly feed: Feed;
  filtered: FilteredFeed | undefined;
  /** A filter was removed: the client's last graph is none until it sets another one. */
  reset: boolean;
}

/** Clients that read the graph: each asks for the whole of it (or what its filter shows) and is told every change. */
export class Subscribers {
  readonly #options: SubscribersOptions;
  readonly #source: GraphSource;
  readonly #subscriptions = new Map<Speaker, Subscription>();
  readonly #stop: (() => void)[];

  constructor(options: SubscribersOptions) {
    this.#options = options;
    this.#source = options.source ?? options.graph;
    const { endpoint, graph } = options;
    endpoint.accept = (speaker) => this.#accept(speaker);
    this.#stop = [
      endpoint.onDisconnected((speaker) => this.#forget(speaker)),
      endpoint.on(graphNamespace, (speaker, message) => this.#receive(speaker, message)),
      graph.on((event) => {
        if (this.#subscriptions.size === 0) return;
        const messages = new EventMessages(event);
        for (const [speaker, { filtered, feed }] of this.#subscriptions) {
          if (speaker.connected) (filtered ?? feed).send(messages);
          else this.#forget(speaker);
        }
      }),
    ];
  }

  /** Clients that are behind: their changes are being folded. */
  get behind(): number {
    let count = 0;
    for (const { feed } of this.#subscriptions.values()) if (feed.behind) count++;
    return count;
  }

  /** Clients whose filter is being evaluated. */
  get evaluating(): number {
    let count = 0;
    for (const { filtered } of this.#subscriptions.values()) if (filtered?.evaluating === true) count++;
    return count;
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    for (const speaker of this.#subscriptions.keys()) this.#forget(speaker);
  }

  #accept(speaker: Speaker): void | Promise<void> {
    const policy = policyOf(speaker.peer.parameter('X-Update-Policy'));
    const text = speaker.peer.parameter('X-Gremlin-Filter');
    if (text === '') {
      this.#subscribe(speaker, policy);
      return;
    }
    return this.#filter(speaker, text).then(({ filter, first }) => {
      const subscription = this.#subscribe(speaker, policy);
      this.#install(speaker, subscription, filter, first, policy);
    });
  }

  #subscribe(speaker: Speaker, policy: UpdatePolicy): Subscription {
    const feed = new Feed(this.#options.graph, speaker, policy);
    const subscription: Subscription = { feed, filtered: undefined, reset: false };
    this.#subscriptions.set(speaker, subscription);
    return subscription;
  }

  #forget(speaker: Speaker): void {
    const subscription = this.#subscriptions.get(speaker);
    subscription?.feed.stop();
    subscription?.filtered?.stop();
    this.#subscriptions.delete(speaker);
  }

  async #filter(speaker: Speaker, text: string): Promise<{ filter: GraphFilter; first: FilteredGraph }> {
    const { graph, queries = unbounded } = this.#options;
    const filter = await GraphFilter.parse(text, speaker.peer.host, queries);
    return { filter, first: await filter.run(graph, speaker.gone) };
  }

  #install(
    speaker: Speaker,
    subscription: Subscription,
    filter: GraphFilter,
    first: FilteredGraph,
    policy: UpdatePolicy,
  ): void {
    const { graph, shared } = this.#options;
    const { clock, complaints } = shared;
    subscription.filtered?.stop();
    subscription.filtered = new FilteredFeed({
      speaker,
      source: graph,
      filter,
      first,
      policy,
      clock,
      complaints,
    });
    subscription.reset = false;
  }

  /** Everything but a SyncRequest is ignored; a malformed one gets no answer. */
  async #receive(speaker: Speaker, message: StructMessage): Promise<void> {
    const subscription = this.#subscriptions.get(speaker);
    if (message.type !== 'SyncRequest' || subscription === undefined) return;
    const head = { type: 'SyncReply', uuid: message.uuid };
    const request = this.#decode(speaker, message);
    if (request === undefined) return;
    const { time, filter } = request;
    await speaker.roomForChunked();
    try {
      await this.#answer(speaker, subscription, head, time, filter);
    } catch (thrown) {
      const noHistory = thrown instanceof SkydiveError && thrown.code === 'SKY_E_NO_HISTORY';
      const obj = noHistory ? null : messageOf(thrown);
      speaker.send(Outgoing.json({ ...head, namespace: graphNamespace, status: 400 }, obj));
    }
  }

  #decode(speaker: Speaker, message: StructMessage): SyncRequest | undefined {
    try {
      return decodeSyncRequest(message.payload.json());
    } catch (thrown) {
      const text = `dropped a SyncRequest of ${speaker.name}: ${messageOf(thrown)}`;
      this.#options.shared.complaints.note('malformedPayload', text);
      return undefined;
    }
  }

  async #answer(
    speaker: Speaker,
    subscription: Subscription,
    head: { readonly type: string; readonly uuid: string },
    time: number,
    text: string | undefined,
  ): Promise<void> {
    const context: ViewContext =
      time === 0 ? { kind: 'live' } : { kind: 'slice', slice: { start: time, last: time } };
    const past = time === 0 ? undefined : await this.#source.view(context);
    try {
      if (text === undefined && past === undefined) {
        this.#lastGraph(speaker, subscription, head);
        return;
      }
      const filter = text === undefined ? subscription.filtered?.filter.text : text;
      if (text === '') {
        subscription.reset = true;
        subscription.filtered?.stop();
        subscription.filtered = undefined;
      }
      if (filter === undefined || filter === '') {
        sendView(speaker, head, past ?? this.#options.graph.view());
        return;
      }
    } catch (thrown) {
      past?.release();
      throw thrown;
    }
    past?.release();
    await this.#filtered(speaker, subscription, head, context, text);
  }

  #lastGraph(speaker: Speaker, subscription: Subscription, head: { type: string; uuid: string }): void {
    const known = subscription.filtered?.known;
    if (known !== undefined) speaker.send(elementsMessage(head, known.nodes, known.edges));
    else if (subscription.reset) speaker.send(Outgoing.json({ ...head, namespace: graphNamespace }, null));
    else sendView(speaker, head, this.#options.graph.view());
  }

  /** Installs the filter, when one is given, and answers with what it shows now or showed then. */
  async #filtered(
    speaker: Speaker,
    subscription: Subscription,
    head: { type: string; uuid: string },
    context: ViewContext,
    text: string | undefined,
  ): Promise<void> {
    if (text !== undefined) {
      const { filter, first } = await this.#filter(speaker, text);
      if (!this.#subscriptions.has(speaker)) return;
      subscription.feed.policy = 'full';
      this.#install(speaker, subscription, filter, first, 'full');
    }
    const { filter, known } = subscription.filtered!;
    const shown =
      context.kind === 'live' ? known : await filter.run(sourceAt(this.#source, context), speaker.gone);
    speaker.send(elementsMessage(head, shown.nodes, shown.edges));
  }
}

/** Checked whatever its case, compared as it is: as in the original, `PARTIAL` is accepted and means full. */
function policyOf(text: string): UpdatePolicy {
  const policy = text.toLowerCase();
  if (policy !== '' && policy !== 'full' && policy !== 'partial') {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `X-Update-Policy '${text}' is neither full nor partial`);
  }
  return text === 'partial' ? 'partial' : 'full';
}

/** The view is released when it is sent, or at once when it cannot be. */
function sendView(speaker: Speaker, head: { type: string; uuid: string }, view: GraphView): void {
  let taken = false;
  speaker.send(
    syncMessage(head, () => {
      taken = true;
      return view;
    }),
  );
  if (!taken) view.release();
}
