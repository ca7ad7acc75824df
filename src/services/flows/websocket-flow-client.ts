// SPDX-License-Identifier: Apache-2.0

import type { SecureContextOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { BackOff } from '../../wire/back-off.js';
import type { ClientCredentials } from '../../wire/client.js';
import type { Timer } from '../../wire/clock.js';
import { Fifo } from '../../wire/fifo.js';
import type { Shared } from '../../wire/shared.js';
import type { FlowClient, FlowClientStats } from './flow-client.js';

export interface WebSocketFlowClientOptions {
  /** `ws://host:port/ws/agent/flow` or `wss://…`. */
  readonly url: string;
  /** Own host id. */
  readonly host: string;
  readonly shared: Shared;
  readonly credentials?: ClientCredentials;
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized?: boolean };
  readonly backOff?: BackOff;
  /** Of messages that wait. */
  readonly maxQueueBytes?: number;
}

const defaultQueueBytes = 64 * 1024 * 1024;
/** What the socket may hold before it is left to drain. */
const maxBufferedBytes = 1024 * 1024;
/** Messages that are handed to the socket in one go. */
const batch = 128;
const handshakeTimeoutMs = 10_000;

/** A `Message` a binary frame, on a connection that is made again whenever it is lost. */
export class WebSocketFlowClient implements FlowClient {
  readonly #options: WebSocketFlowClientOptions;
  readonly #backOff: BackOff;
  readonly #queue = new Fifo<Buffer>();
  readonly #maxQueueBytes: number;
  #queuedBytes = 0;
  #socket: WebSocket | undefined;
  #retry: Timer | undefined;
  #pumping = false;
  #closed = false;
  #sent = 0;
  #dropped = 0;

  constructor(options: WebSocketFlowClientOptions) {
    this.#options = options;
    this.#backOff = options.backOff ?? new BackOff({ firstMs: 200 });
    this.#maxQueueBytes = options.maxQueueBytes ?? defaultQueueBytes;
    this.#connect();
  }

  /** A full queue loses its oldest messages: flows are told again at the next update. */
  send(messages: readonly Buffer[]): void {
    for (const message of messages) {
      this.#queue.push(message);
      this.#queuedBytes += message.length;
    }
    while (this.#queuedBytes > this.#maxQueueBytes) {
      this.#queuedBytes -= this.#queue.shift()!.length;
      this.#dropped++;
    }
    this.#pump();
  }

  stats(): FlowClientStats {
    return { sent: this.#sent, dropped: this.#dropped, queued: this.#queue.length };
  }

  close(): void {
    this.#closed = true;
    this.#retry?.stop();
    this.#socket?.close(1000);
  }

  #connect(): void {
    const { url, host, credentials, tls, shared } = this.#options;
    const socket = new WebSocket(url, [], {
      headers: {
        'X-Client-Type': 'agent',
        // As the original declares it: none, which is taken for JSON although frames are bare.
        'X-Client-Protocol': '',
        'X-Host-ID': host,
        'X-Websocket-Namespace': '*',
        ...credentials?.(),
      },
      perMessageDeflate: false,
      handshakeTimeout: handshakeTimeoutMs,
      ...tls,
    });
    this.#socket = socket;
    socket.on('error', (error) => {
      if (!this.#closed) shared.complaints.note('connectError', `flows to ${url}: ${error.message}`);
    });
    socket.once('open', () => {
      this.#backOff.reset();
      this.#pump();
    });
    socket.once('close', () => {
      if (this.#closed) return;
      this.#retry = shared.clock.after(this.#backOff.next(), () => this.#connect());
    });
  }

  #pump(): void {
    const socket = this.#socket;
    if (this.#pumping || socket?.readyState !== WebSocket.OPEN) return;
    for (let count = 0; count < batch && socket.bufferedAmount < maxBufferedBytes; count++) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      this.#queuedBytes -= message.length;
      socket.send(message, { binary: true }, (error) => {
        if (error === undefined || error === null) this.#sent++;
        else this.#dropped++;
        this.#pump();
      });
    }
    if (socket.bufferedAmount >= maxBufferedBytes) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }
}
