// SPDX-License-Identifier: Apache-2.0

import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { SkydiveError } from '../errors.js';
import type { Timer } from './clock.js';
import { Inbox, type Work } from './inbox.js';
import type { Protocol, StructMessage } from './message.js';
import type { Outgoing } from './outgoing.js';
import { SendQueue } from './send-queue.js';
import type { Shared } from './shared.js';
import type { ConnectionStatus } from './status.js';
import type { Task } from './turns.js';

/** Who is at the other end and how it wants to be spoken to. */
export interface Peer {
  /** Host id of the other end: `X-Host-ID`, or its address where it gave none. */
  readonly host: string;
  /** Service type of the client, whichever end that is. */
  readonly clientType: string;
  /** Service type of the server, on outgoing connections. */
  readonly serverType?: string;
  readonly protocol: Protocol;
  /** As declared: empty where a Go client left its protocol unset. */
  readonly declaredProtocol: Protocol | '';
  /** Namespaces that the peer may be sent; `*` is all. */
  readonly namespaces: ReadonlySet<string>;
  readonly address: string;
  readonly port: number;
  /** A parameter of the upgrade request: header first, then query string; empty when absent. */
  parameter(name: string): string;
  /** A header of the upgrade request alone, with every line that the peer sent. */
  header(name: string): readonly string[];
}

export interface SpeakerOptions {
  readonly socket: WebSocket;
  /** What the socket reads from. */
  readonly stream: Socket;
  readonly peer: Peer;
  readonly shared: Shared;
  readonly route: (speaker: Speaker, message: StructMessage) => readonly ((message: StructMessage) => Work)[];
  readonly raw?: (speaker: Speaker, bytes: Buffer) => Work;
  /** Asked once, when everything that was received has been handled: what is to be done about the end. */
  readonly ending: (speaker: Speaker) => readonly (() => Work)[];
  /** That is done. */
  readonly ended?: () => void;
}

interface Pending {
  readonly timer: Timer;
  readonly resolve: (message: StructMessage) => void;
  readonly reject: (error: Error) => void;
}

/** Nothing left the socket for that long although something should: the original's write deadline. */
const writeTimeoutMs = 10_000;

/** One connection, incoming or outgoing: ordered messages both ways, requests with replies, a bounded queue. */
export class Speaker {
  readonly peer: Peer;
  readonly #options: SpeakerOptions;
  readonly #queue: SendQueue;
  readonly #inbox: Inbox;
  readonly #pending = new Map<string, Pending>();
  readonly #drainListeners = new Set<() => void>();
  readonly #connectTime: number;
  readonly #stallCheck: Timer;
  /** Why the socket is not being read. */
  readonly #holds = new Set<'inbox' | 'round'>();
  readonly #gone = new AbortController();
  #open = true;
  #lastWritten = 0;
  #lastProgress: number;
  /** Messages that found the queue full. */
  dropped = 0;

  constructor(options: SpeakerOptions) {
    const { socket, peer, shared } = options;
    this.peer = peer;
    this.#options = options;
    this.#connectTime = shared.clock.now();
    this.#lastProgress = this.#connectTime;
    this.#queue = new SendQueue({
      socket,
      stream: options.stream,
      protocol: peer.protocol,
      binary: peer.declaredProtocol !== 'json',
      maxMessages: shared.queueSize,
      turns: shared.turns,
      drained: () => {
        for (const listener of [...this.#drainListeners]) listener();
      },
    });
    const raw = options.raw;
    this.#inbox = new Inbox({
      protocol: peer.protocol,
      peer: this.name,
      maxMessages: shared.queueSize,
      turns: shared.turns,
      complaints: shared.complaints,
      route: (message) => this.#route(message),
      ...(raw === undefined ? {} : { raw: (bytes) => raw(this, bytes) }),
      congested: (full) => this.#hold('inbox', full),
      ending: () => options.ending(this),
      ended: () => options.ended?.(),
    });
    this.#stallCheck = shared.clock.every(writeTimeoutMs / 5, () => this.#checkStall());
    const reader = {
      pauseReading: () => this.#hold('round', true),
      resumeReading: () => this.#hold('round', false),
    };
    options.stream.on('data', (chunk: Buffer) => shared.reading.spend(reader, chunk.length));
    socket.on('message', (data: RawData) => this.#inbox.push(data as Buffer));
    socket.on('error', (error: Error & { code?: string }) => {
      const tooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      const kind = tooLarge ? 'tooLarge' : 'malformedFrame';
      shared.complaints.note(kind, `closing the connection of ${this.name}: ${error.message}`);
    });
    socket.on('close', () => {
      shared.reading.forget(reader);
      this.#closed();
    });
  }

  /** Whether the socket is not read because too much waits to be handled. */
  get paused(): boolean {
    return this.#holds.has('inbox');
  }

  /** `type.host` of the client, as elements carry it in `Origin`. */
  get origin(): string {
    return `${this.peer.clientType}.${this.peer.host}`;
  }

  /** For messages to people. */
  get name(): string {
    return `${this.origin} (${this.peer.address}:${this.peer.port})`;
  }

  /** Aborted when the connection is gone: work for it can be given up. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get connected(): boolean {
    return this.#open;
  }

  /** Messages that wait to be sent. */
  get queued(): number {
    return this.#queue.length;
  }

  /** True since a message was refused, until the queue is half empty again. */
  get full(): boolean {
    return this.#queue.refusing;
  }

  accepts(namespace: string): boolean {
    return this.peer.namespaces.has('*') || this.peer.namespaces.has(namespace);
  }

  /**
   * Queues a message. False when it was dropped because the queue is full or the connection gone. A namespace that
   * the peer did not ask for is left out silently, which counts as sent.
   */
  send(message: Outgoing): boolean {
    if (!this.#open) return false;
    if (!this.accepts(message.head.namespace)) return true;
    if (this.#queue.push(message)) return true;
    this.dropped++;
    const text = `${this.name} reads too slowly: ${this.queued} messages wait, further ones are dropped`;
    this.#options.shared.complaints.note('queueOverflow', text);
    return false;
  }

  /**
   * Resolves when the peer has taken enough of the chunked messages it was sent before. To be waited for before the
   * answer to a request for one: who asks for graphs without reading them waits, and nothing piles up here.
   */
  roomForChunked(): Promise<void> {
    return this.#queue.roomForChunked();
  }

  /** Sends a message and waits for the one that repeats its UUID. Rejects with SKY_E_TIMEOUT or SKY_E_WIRE. */
  request(message: Outgoing, timeoutMs = 10_000): Promise<StructMessage> {
    const { uuid, namespace, type } = message.head;
    return new Promise((resolve, reject) => {
      const fail = (code: 'SKY_E_TIMEOUT' | 'SKY_E_WIRE', what: string) => {
        this.#pending.delete(uuid);
        reject(new SkydiveError(code, `${namespace} ${type} to ${this.name}: ${what}`));
      };
      const timer = this.#options.shared.clock.after(timeoutMs, () =>
        fail('SKY_E_TIMEOUT', `no reply within ${timeoutMs} ms`),
      );
      this.#pending.set(uuid, { timer, resolve, reject });
      if (this.send(message)) return;
      timer.stop();
      fail('SKY_E_WIRE', this.#open ? 'its queue is full' : 'it is not connected');
    });
  }

  /** Does work in small steps, in turn with all connections. */
  takeTurns(task: Task): void {
    this.#options.shared.turns.wake(task);
  }

  /** Lets queued messages out: the connection is accepted. */
  start(): void {
    this.#queue.release();
  }

  /** Calls back whenever a queue that had refused messages is half empty again. */
  onDrained(listener: () => void): () => void {
    this.#drainListeners.add(listener);
    return () => this.#drainListeners.delete(listener);
  }

  /** Closes with a close frame. */
  close(code = 1000, reason = ''): void {
    this.#options.socket.close(code, reason);
  }

  /** Drops the connection at once, as the original's peers do. */
  terminate(): void {
    this.#options.socket.terminate();
  }

  status(): ConnectionStatus {
    const { peer } = this;
    return {
      ServiceType: peer.clientType,
      ClientProtocol: peer.declaredProtocol === '' && peer.serverType !== undefined ? '' : peer.protocol,
      Addr: peer.address,
      Port: peer.port,
      IsConnected: this.#open,
      ConnectTime: new Date(this.#connectTime).toISOString(),
      ...(peer.host === '' ? {} : { RemoteHost: peer.host }),
      ...(peer.serverType === undefined ? {} : { RemoteServiceType: peer.serverType }),
    };
  }

  #route(message: StructMessage): readonly ((message: StructMessage) => Work)[] {
    const pending = message.uuid === '' ? undefined : this.#pending.get(message.uuid);
    if (pending !== undefined) {
      this.#pending.delete(message.uuid);
      pending.timer.stop();
      pending.resolve(message);
      return [];
    }
    return this.#options.route(this, message);
  }

  #hold(reason: 'inbox' | 'round', on: boolean): void {
    if (on) this.#holds.add(reason);
    else this.#holds.delete(reason);
    const { socket } = this.#options;
    if (this.#holds.size > 0) socket.pause();
    else socket.resume();
  }

  #checkStall(): void {
    const now = this.#options.shared.clock.now();
    if (!this.#queue.busy || this.#queue.written !== this.#lastWritten) {
      this.#lastWritten = this.#queue.written;
      this.#lastProgress = now;
    } else if (now - this.#lastProgress >= writeTimeoutMs) {
      const text = `closing the connection of ${this.name}: it took no data for ${writeTimeoutMs / 1000} s`;
      this.#options.shared.complaints.note('writeTimeout', text);
      this.terminate();
    }
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#gone.abort();
    this.#stallCheck.stop();
    this.#queue.close();
    for (const { timer, reject } of this.#pending.values()) {
      timer.stop();
      reject(new SkydiveError('SKY_E_WIRE', `the connection to ${this.name} is gone`));
    }
    this.#pending.clear();
    this.#inbox.end();
  }
}
