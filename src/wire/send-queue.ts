// SPDX-License-Identifier: Apache-2.0

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { Fifo } from './fifo.js';
import type { Protocol } from './message.js';
import type { Outgoing } from './outgoing.js';
import type { PieceSource } from './pieces.js';
import type { Task, Turns } from './turns.js';

/** Bytes that may wait in the socket; what is beyond stays in our queue, where it is counted in messages. */
const socketBytes = 256 * 1024;
/** Bytes of small messages that may wait in our queue, whatever their number. */
const maxQueuedBytes = 16 * 1024 * 1024;
/** Chunked messages that may wait: each holds what it is made of, such as a view of the graph. */
const maxChunked = 2;

export interface SendQueueOptions {
  readonly socket: WebSocket;
  /** What the socket writes to. */
  readonly stream: Socket;
  readonly protocol: Protocol;
  /** Whether frames carry the binary opcode. */
  readonly binary: boolean;
  /** Messages that may wait. */
  readonly maxMessages: number;
  readonly turns: Turns;
  /** Called when a queue that had refused a message is half empty again. */
  readonly drained: () => void;
}

/**
 * The bounded queue in front of one socket. A message that finds it full is refused, never waited for; whoever sent
 * it decides how the peer gets to know what it missed.
 */
export class SendQueue implements Task {
  readonly #options: SendQueueOptions;
  readonly #waiting = new Fifo<Buffer | PieceSource>();
  #waitingBytes = 0;
  #current: PieceSource | undefined;
  #inSocket = 0;
  #refusing = false;
  #closed = false;
  #held = true;
  #chunked = 0;
  #roomListeners: (() => void)[] = [];
  #corked = false;
  /** Frames that the kernel has taken; grows as long as the peer reads. */
  written = 0;

  constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  /** True since a message was refused, until `drained`. */
  get refusing(): boolean {
    return this.#refusing;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  /** True while anything has not left the process. */
  get busy(): boolean {
    return this.#inSocket > 0 || this.length > 0;
  }

  /** False when the queue is full or closed: the message is dropped. */
  push(message: Outgoing): boolean {
    if (this.#closed) return false;
    const full = this.length >= this.#options.maxMessages || this.#waitingBytes >= maxQueuedBytes;
    if (full) {
      this.#refusing = true;
      return false;
    }
    const encoded = message.encode(this.#options.protocol);
    if (!Buffer.isBuffer(encoded)) {
      this.#chunked++;
      this.#waiting.push(encoded);
      this.#options.turns.wake(this);
    } else if (this.length === 0 && this.#hasRoom) {
      this.#write(encoded, true);
    } else {
      this.#waiting.push(encoded);
      this.#waitingBytes += encoded.length;
    }
    return true;
  }

  /** One frame, or one piece of a large message; true as long as the socket takes more. */
  step(): boolean {
    if (this.#closed || !this.#hasRoom) return false;
    if (this.#current !== undefined) {
      this.#piece(this.#current);
    } else {
      const next = this.#waiting.shift();
      if (next === undefined) return false;
      if (!Buffer.isBuffer(next)) {
        this.#current = next;
      } else {
        this.#waitingBytes -= next.length;
        this.#write(next, true);
      }
    }
    this.#tellWhenDrained();
    return this.length > 0 && this.#hasRoom;
  }

  /** Resolves when another chunked message may be queued, or the connection is gone. */
  async roomForChunked(): Promise<void> {
    while (!this.#closed && this.#chunked >= maxChunked) {
      await new Promise<void>((resolve) => this.#roomListeners.push(resolve));
    }
  }

  /** Until then messages wait: a server's first frame is a ping. */
  release(): void {
    this.#held = false;
    if (this.length > 0) this.#options.turns.wake(this);
  }

  close(): void {
    this.#closed = true;
    this.#current?.release();
    this.#current = undefined;
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      if (!Buffer.isBuffer(item)) item.release();
    }
    this.#waitingBytes = 0;
    this.#tellRoom();
  }

  get #hasRoom(): boolean {
    return !this.#held && this.#options.socket.bufferedAmount < socketBytes;
  }

  #piece(pieces: PieceSource): void {
    const piece = pieces.next();
    if (piece === undefined) return;
    this.#write(piece.bytes, piece.last);
    if (!piece.last) return;
    this.#current = undefined;
    this.#chunked--;
    this.#tellRoom();
  }

  #write(bytes: Buffer, fin: boolean): void {
    this.#inSocket++;
    this.#cork();
    this.#options.socket.send(bytes, { binary: this.#options.binary, compress: false, fin }, () => {
      this.#inSocket--;
      this.written++;
      if (!this.#closed && this.length > 0) this.#options.turns.wake(this);
    });
  }

  #tellRoom(): void {
    const listeners = this.#roomListeners;
    this.#roomListeners = [];
    for (const listener of listeners) listener();
  }

  /** What one turn sends goes out with one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    const { stream } = this.#options;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #tellWhenDrained(): void {
    if (!this.#refusing || this.length > this.#options.maxMessages / 2) return;
    if (this.#waitingBytes > maxQueuedBytes / 2) return;
    this.#refusing = false;
    this.#options.drained();
  }
}
