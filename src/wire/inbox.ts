// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../errors.js';
import { decodeJson, decodeJsonSliced, slicedBytes } from './codec-json.js';
import { decodeProtobuf } from './codec-protobuf.js';
import type { Complaints } from './complaints.js';
import { Fifo } from './fifo.js';
import type { Protocol, StructMessage } from './message.js';
import type { Task, Turns } from './turns.js';

/** What handling a message may take: nothing more, small steps, or a wait. The next message waits for its end. */
export type Work = void | Generator<void, void> | Promise<void>;

/** Bytes that may wait to be handled before the socket is no longer read. */
const maxBytes = 32 * 1024 * 1024;

export interface InboxOptions {
  readonly protocol: Protocol;
  /** Who sends, for messages to people. */
  readonly peer: string;
  readonly maxMessages: number;
  readonly turns: Turns;
  readonly complaints: Complaints;
  /** Who is to handle the message, in order. */
  readonly route: (message: StructMessage) => readonly ((message: StructMessage) => Work)[];
  /** Raw connections: takes the undecoded message instead. */
  readonly raw?: (bytes: Buffer) => Work;
  /** The queue is full (true) or half empty again (false). */
  readonly congested: (full: boolean) => void;
  /** What is to be done about the end of the connection, after everything that came before it. */
  readonly ending: () => readonly (() => Work)[];
  /** That is done, too. */
  readonly ended: () => void;
}

/** Messages of one connection, handled one at a time, in order, in turn with the other connections. */
export class Inbox implements Task {
  readonly #options: InboxOptions;
  readonly #waiting = new Fifo<Buffer>();
  #waitingBytes = 0;
  #congested = false;
  #work: Generator<void, void> | undefined;
  #decoding: Generator<void, StructMessage> | undefined;
  #pausedForPromise = false;
  readonly #todo = new Fifo<() => Work>();
  #end: 'open' | 'noticed' | 'ending' | 'ended' = 'open';

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  push(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (
      !this.#congested &&
      (this.#waiting.length >= this.#options.maxMessages || this.#waitingBytes > maxBytes)
    ) {
      this.#congested = true;
      this.#options.congested(true);
    }
    this.#options.turns.wake(this);
  }

  /** The connection is gone; what waits is still handled. */
  end(): void {
    if (this.#end !== 'open') return;
    this.#end = 'noticed';
    this.#options.turns.wake(this);
  }

  step(): boolean {
    if (this.#pausedForPromise) return false;
    try {
      this.#advance();
    } catch (thrown) {
      this.#failed(thrown);
    }
    return !this.#pausedForPromise && this.#hasMore;
  }

  get #hasMore(): boolean {
    if (this.#work !== undefined || this.#decoding !== undefined || this.#todo.length > 0) return true;
    return this.#waiting.length > 0 || this.#end === 'noticed' || this.#end === 'ending';
  }

  #advance(): void {
    if (this.#work !== undefined) {
      if (this.#work.next().done === true) this.#work = undefined;
      return;
    }
    if (this.#decoding !== undefined) {
      const next = this.#decoding.next();
      if (next.done !== true) return;
      this.#decoding = undefined;
      this.#route(next.value);
      return;
    }
    const todo = this.#todo.shift();
    if (todo !== undefined) {
      this.#start(todo());
      return;
    }
    const bytes = this.#waiting.shift();
    if (bytes !== undefined) {
      this.#took(bytes.length);
      this.#decode(bytes);
    } else if (this.#end === 'noticed') {
      this.#end = 'ending';
      for (const work of this.#options.ending()) this.#todo.push(work);
    } else if (this.#end === 'ending') {
      this.#end = 'ended';
      this.#options.ended();
    }
  }

  #decode(bytes: Buffer): void {
    const { protocol, raw } = this.#options;
    if (raw !== undefined) {
      this.#start(raw(bytes));
      return;
    }
    try {
      if (protocol === 'protobuf') this.#route(decodeProtobuf(bytes));
      else if (bytes.length <= slicedBytes) this.#route(decodeJson(bytes));
      else this.#decoding = decodeJsonSliced(bytes);
    } catch (thrown) {
      this.#malformed(thrown);
    }
  }

  #route(message: StructMessage): void {
    for (const handler of this.#options.route(message)) this.#todo.push(() => handler(message));
  }

  #start(work: Work): void {
    if (work === undefined) return;
    if (!(work instanceof Promise)) {
      this.#work = work;
      return;
    }
    this.#pausedForPromise = true;
    work
      .catch((thrown: unknown) => this.#failed(thrown))
      .finally(() => {
        this.#pausedForPromise = false;
        if (this.#hasMore) this.#options.turns.wake(this);
      });
  }

  #took(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (!this.#congested) return;
    if (this.#waiting.length > this.#options.maxMessages / 2 || this.#waitingBytes > maxBytes / 2) return;
    this.#congested = false;
    this.#options.congested(false);
  }

  #failed(thrown: unknown): void {
    if (this.#decoding !== undefined) {
      this.#decoding = undefined;
      this.#malformed(thrown);
      return;
    }
    this.#work = undefined;
    const text = `handling a message of ${this.#options.peer} failed: ${messageOf(thrown)}`;
    this.#options.complaints.note('handlerError', text);
  }

  #malformed(thrown: unknown): void {
    const text = `dropped a malformed message of ${this.#options.peer}: ${messageOf(thrown)}`;
    this.#options.complaints.note('malformedMessage', text);
  }
}
