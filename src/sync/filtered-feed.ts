// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Edge, Element, Node } from '../graph/element.js';
import type { GraphSource } from '../graph/view.js';
import type { Clock, Timer } from '../wire/clock.js';
import type { Complaints } from '../wire/complaints.js';
import type { Speaker } from '../wire/speaker.js';
import type { FilteredGraph, GraphFilter } from './graph-filter.js';
import { type EventMessages, elementMessage, type UpdatePolicy } from './graph-message.js';

/** Events whose updates are told one by one; beyond, the client gets the final state of what changed. */
const maxEvents = 1000;
/** Evaluating a client's filter may take that share of the time. */
const idleFactor = 3;

export interface FilteredFeedOptions {
  readonly speaker: Speaker;
  /** The live graph. */
  readonly source: GraphSource;
  readonly filter: GraphFilter;
  /** What the filter gave when it was installed: the client is about to know it. */
  readonly first: FilteredGraph;
  readonly policy: UpdatePolicy;
  readonly clock: Clock;
  readonly complaints: Complaints;
}

/**
 * The changes of a subgraph on their way to one client. After events the filter is evaluated again and the client is
 * told the difference to what it knows; events that come while an evaluation is under way share the next one.
 */
export class FilteredFeed {
  readonly filter: GraphFilter;
  readonly #options: FilteredFeedOptions;
  readonly #nodes: Map<string, Node>;
  readonly #edges: Map<string, Edge>;
  readonly #stopDrain: () => void;
  #events: EventMessages[] = [];
  #lossy = false;
  #running = false;
  #waiting = false;
  readonly #stopping = new AbortController();
  #pause: Timer | undefined;

  constructor(options: FilteredFeedOptions) {
    this.filter = options.filter;
    this.#options = options;
    this.#nodes = new Map(options.first.nodes.map((node) => [node.ID, node]));
    this.#edges = new Map(options.first.edges.map((edge) => [edge.ID, edge]));
    this.#stopDrain = options.speaker.onDrained(() => {
      if (!this.#waiting) return;
      this.#waiting = false;
      this.#schedule();
    });
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  get evaluating(): boolean {
    return this.#running;
  }

  /** What the client knows. */
  get known(): FilteredGraph {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] };
  }

  send(messages: EventMessages): void {
    if (this.#events.length < maxEvents) this.#events.push(messages);
    else this.#lossy = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopping.abort();
    this.#pause?.stop();
    this.#stopDrain();
  }

  #schedule(): void {
    if (this.#running || this.#waiting || this.#stopped) return;
    this.#running = true;
    // Behind the current turn: what one change of the graph causes is evaluated once.
    queueMicrotask(() => void this.#evaluate());
  }

  async #evaluate(): Promise<void> {
    const { source, clock, complaints, speaker } = this.#options;
    const start = clock.now();
    const events = this.#events;
    this.#events = [];
    const lossy = this.#lossy;
    this.#lossy = false;
    try {
      const graph = await this.filter.run(source, this.#stopping.signal);
      if (!this.#stopped && !this.#tell(graph, events, lossy)) {
        // The queue is full: what is missing is found again when it has drained.
        this.#waiting = true;
        this.#lossy = true;
      }
    } catch (thrown) {
      if (this.#stopped) return;
      const text = `the filter of ${speaker.name} failed: ${messageOf(thrown)}`;
      complaints.note('handlerError', text);
      this.#lossy = true;
      if (thrown instanceof SkydiveError && thrown.code === 'SKY_E_GREMLIN_BUDGET') {
        // The client would go on with a graph that is none any more: it is told so, in a way that it cannot overlook.
        this.stop();
        speaker.close(thrown.closeCode, 'the filter exceeds the bounds of queries (analyzer.gremlin)');
        return;
      }
    }
    const spentMs = clock.now() - start;
    if (spentMs === 0) {
      this.#evaluated();
      return;
    }
    this.#pause = clock.after(spentMs * idleFactor, () => this.#evaluated());
  }

  #evaluated(): void {
    this.#running = false;
    if (this.#events.length > 0) this.#schedule();
  }

  /** False when the queue is full. */
  #tell(graph: FilteredGraph, events: readonly EventMessages[], lossy: boolean): boolean {
    const nodes = byId(graph.nodes);
    const edges = byId(graph.edges);
    // Event by event first, so that the client sees them in the order of the unfiltered stream; then what entered or
    // left the filter as a consequence.
    for (const messages of lossy ? [] : events) {
      const { event } = messages;
      const told =
        'node' in event
          ? this.#event('Node', event.node, messages, this.#nodes, nodes)
          : this.#event('Edge', event.edge, messages, this.#edges, edges);
      if (!told) return false;
    }
    return (
      this.#difference('Node', this.#nodes, nodes) &&
      this.#difference('Edge', this.#edges, edges) &&
      this.#changed('Node', this.#nodes, nodes, lossy) &&
      this.#changed('Edge', this.#edges, edges, lossy)
    );
  }

  #event<T extends Element>(
    kind: 'Node' | 'Edge',
    element: T,
    messages: EventMessages,
    known: Map<string, T>,
    now: Map<string, T>,
  ): boolean {
    const { type } = messages.event;
    const id = element.ID;
    if (type === 'nodeDeleted' || type === 'edgeDeleted') {
      if (!known.has(id)) return true;
      if (!this.#send(kind, 'Deleted', element)) return false;
      known.delete(id);
      return true;
    }
    if (!now.has(id)) return true;
    if (!known.has(id)) {
      if (!this.#send(kind, 'Added', element)) return false;
      known.set(id, element);
    }
    if (type === 'nodeAdded' || type === 'edgeAdded') return true;
    return this.#options.speaker.send(messages.get(this.#options.policy));
  }

  #difference<T extends Element>(kind: 'Node' | 'Edge', known: Map<string, T>, now: Map<string, T>): boolean {
    for (const [id, element] of now) {
      if (known.has(id)) continue;
      if (!this.#send(kind, 'Added', element)) return false;
      known.set(id, element);
    }
    for (const [id, element] of known) {
      if (now.has(id)) continue;
      if (!this.#send(kind, 'Deleted', element)) return false;
      known.delete(id);
    }
    return true;
  }

  /** Notes what the client knows now; in the lossy case it is told of every element that is another revision. */
  #changed<T extends Element>(
    kind: 'Node' | 'Edge',
    known: Map<string, T>,
    now: Map<string, T>,
    tell: boolean,
  ): boolean {
    for (const [id, element] of now) {
      if (known.get(id) === element) continue;
      if (tell && !this.#send(kind, 'Updated', element)) return false;
      known.set(id, element);
    }
    return true;
  }

  #send(kind: 'Node' | 'Edge', change: string, element: Element): boolean {
    return this.#options.speaker.send(elementMessage(kind, change, element));
  }
}

function byId<T extends Element>(elements: readonly T[]): Map<string, T> {
  return new Map(elements.map((element) => [element.ID, element]));
}
