// SPDX-License-Identifier: Apache-2.0

import type { Graph } from '../graph/graph.js';
import type { Outgoing } from '../wire/outgoing.js';
import type { Speaker } from '../wire/speaker.js';
import { Backlog } from './backlog.js';
import type { EventMessages, UpdatePolicy } from './graph-message.js';

/**
 * The changes of the graph on their way to one connection. While the connection's queue is full, changes are folded
 * into a backlog instead of being queued; when it has drained, the reader is brought up to date from there.
 */
export class Feed {
  readonly #graph: Graph;
  readonly #speaker: Speaker;
  readonly #stop: () => void;
  #backlog: Backlog | undefined;
  #catchingUp: Generator<void, void> | undefined;
  policy: UpdatePolicy;
  /** Changes that were folded. */
  folded = 0;

  constructor(graph: Graph, speaker: Speaker, policy: UpdatePolicy) {
    this.#graph = graph;
    this.#speaker = speaker;
    this.policy = policy;
    this.#stop = speaker.onDrained(() => this.#drained());
  }

  /** True while the reader is behind. */
  get behind(): boolean {
    return this.#backlog !== undefined;
  }

  send(messages: EventMessages): void {
    if (this.#backlog === undefined && this.#speaker.send(messages.get(this.policy))) return;
    if (!this.#speaker.connected) return;
    this.#backlog ??= new Backlog();
    this.#backlog.add(messages.event);
    this.folded++;
  }

  stop(): void {
    this.#stop();
    this.#backlog = undefined;
    this.#catchingUp = undefined;
  }

  #drained(): void {
    if (this.#backlog === undefined || this.#catchingUp !== undefined) return;
    this.#catchingUp = this.#backlog.catchUp(this.#graph, (message: Outgoing) => this.#speaker.send(message));
    this.#speaker.takeTurns({ step: () => this.#step() });
  }

  #step(): boolean {
    if (this.#catchingUp === undefined || this.#backlog === undefined) return false;
    if (this.#catchingUp.next().done !== true) return true;
    this.#catchingUp = undefined;
    if (this.#backlog.size === 0) {
      this.#backlog = undefined;
      return false;
    }
    // Either the queue is full again, then draining leads here once more, or something was deleted meanwhile.
    if (!this.#speaker.full) this.#drained();
    return false;
  }
}
