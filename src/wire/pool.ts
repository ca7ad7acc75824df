// SPDX-License-Identifier: Apache-2.0

import type { Work } from './inbox.js';
import type { StructMessage } from './message.js';
import type { Outgoing } from './outgoing.js';
import type { Speaker } from './speaker.js';
import type { ConnectionStatus } from './status.js';

export type MessageHandler = (speaker: Speaker, message: StructMessage) => Work;
export type SpeakerListener = (speaker: Speaker) => void;

/** The connections of one kind (those of an endpoint, those to the analyzers) and who handles their messages. */
export class Pool {
  readonly #speakers = new Set<Speaker>();
  readonly #handlers = new Map<string, MessageHandler[]>();
  readonly #connected: SpeakerListener[] = [];
  readonly #disconnected: ((speaker: Speaker) => Work)[] = [];
  readonly #pong: SpeakerListener[] = [];

  /** Connections that are up, in the order they came. */
  get speakers(): ReadonlySet<Speaker> {
    return this.#speakers;
  }

  /** The connection to a host, when there is one. */
  speaker(host: string): Speaker | undefined {
    for (const speaker of this.#speakers) if (speaker.peer.host === host) return speaker;
    return undefined;
  }

  /** Handles the messages of a namespace; `*` those of all, after the former. In order of registration. */
  on(namespace: string, handler: MessageHandler): () => void {
    const handlers = this.#handlers.get(namespace) ?? [];
    this.#handlers.set(namespace, handlers);
    handlers.push(handler);
    return () => void handlers.splice(handlers.indexOf(handler), 1);
  }

  onConnected(listener: SpeakerListener): () => void {
    return listen(this.#connected, listener);
  }

  /**
   * Called when the connection is gone and all it had sent is handled. The host id is free again when the work is done.
   */
  onDisconnected(listener: (speaker: Speaker) => Work): () => void {
    return listen(this.#disconnected, listener);
  }

  /** A pong came (or the connection was accepted): the peer is alive. */
  onPong(listener: SpeakerListener): () => void {
    return listen(this.#pong, listener);
  }

  /** Queues the message on every connection; gives the number that had no room for it. */
  broadcast(message: Outgoing): number {
    let dropped = 0;
    for (const speaker of this.#speakers) if (!speaker.send(message)) dropped++;
    return dropped;
  }

  /** By host id. */
  status(): Record<string, ConnectionStatus> {
    return Object.fromEntries([...this.#speakers].map((speaker) => [speaker.peer.host, speaker.status()]));
  }

  /** For the connection's owner: who handles this message. */
  route(speaker: Speaker, message: StructMessage): ((message: StructMessage) => Work)[] {
    const own = this.#handlers.get(message.namespace) ?? [];
    const all = message.namespace === '*' ? [] : (this.#handlers.get('*') ?? []);
    return [...own, ...all].map((handler) => (routed) => handler(speaker, routed));
  }

  add(speaker: Speaker): void {
    this.#speakers.add(speaker);
    for (const listener of [...this.#connected]) listener(speaker);
  }

  /** For the connection's owner: takes it out and gives what is to be done about that. */
  remove(speaker: Speaker): (() => Work)[] {
    if (!this.#speakers.delete(speaker)) return [];
    return this.#disconnected.map((listener) => () => listener(speaker));
  }

  alive(speaker: Speaker): void {
    for (const listener of this.#pong) listener(speaker);
  }
}

function listen<T>(listeners: T[], listener: T): () => void {
  listeners.push(listener);
  return () => void listeners.splice(listeners.indexOf(listener), 1);
}
