// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { BackOff } from './back-off.js';
import type { Timer } from './clock.js';
import type { Protocol } from './message.js';
import type { Pool } from './pool.js';
import type { Shared } from './shared.js';
import { type Peer, Speaker } from './speaker.js';
import { explainCertificate, isCertificateFailure } from './tls-failure.js';

/** Lines to add to the upgrade request (`Cookie`, `Authorization`), asked for at each attempt. */
export type ClientCredentials = () => Readonly<Record<string, string>>;

/** A connection that is not wanted although the server let us in: `later` it may be, or never. */
export type Drop = 'later' | 'forGood';

export interface WireClientOptions {
  /** `ws://host:port/path` or `wss://…`. */
  readonly url: string;
  /** Own host id and service type. */
  readonly host: string;
  readonly serviceType: string;
  /** Empty: nothing is declared; JSON in binary frames, as the original's replication and command line do. */
  readonly protocol: Protocol | '';
  /** Where the connection shows up and its messages are handled. */
  readonly pool: Pool;
  readonly shared: Shared;
  /** Further headers of the upgrade request; they override ours. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly credentials?: ClientCredentials;
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized?: boolean };
  /** Decides on the connection before it enters the pool: undefined takes it, anything else drops it. */
  readonly accept?: (speaker: Speaker) => Drop | undefined;
  readonly maxMessageBytes?: number;
  readonly backOff?: BackOff;
}

const clusterMessageBytes = 1024 ** 3;
const handshakeTimeoutMs = 10_000;
const silenceCheckMs = 5000;
/** Until an unwanted connection is tried again. */
const dropPauseMs = 10_000;
/** The server pings every few seconds. That many missed ones in a row, and no less than the time, is a dead server. */
const missedPings = 5;
const minSilenceMs = 20_000;

/** An outgoing connection that is made again whenever it is lost, until it is stopped. */
export class WireClient {
  readonly #options: WireClientOptions;
  readonly #shared: Shared;
  readonly #backOff: BackOff;
  #socket: WebSocket | undefined;
  #retry: Timer | undefined;
  #stopped = true;
  #drop: Drop | undefined;

  constructor(options: WireClientOptions) {
    this.#options = options;
    this.#shared = options.shared;
    this.#backOff = options.backOff ?? new BackOff();
  }

  get url(): string {
    return this.#options.url;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  /** Drops the connection; no further attempt is made. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.stop();
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, tls } = this.#options;
    const socket = new WebSocket(url, [], {
      headers: this.#headers(),
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: this.#options.maxMessageBytes ?? clusterMessageBytes,
      handshakeTimeout: handshakeTimeoutMs,
      ...tls,
    });
    this.#socket = socket;
    let answer: IncomingMessage | undefined;
    const failed = (error: Error) => {
      const note = (why: string) =>
        this.#shared.complaints.note('connectError', `cannot connect to ${url}: ${why}, trying again`);
      if (isCertificateFailure(error)) void explainCertificate(url, error).then(note);
      else note(error.message);
    };
    socket.on('error', failed);
    socket.once('upgrade', (response) => {
      answer = response;
    });
    socket.once('open', () => {
      socket.off('error', failed);
      this.#opened(socket, answer!);
    });
    socket.once('close', () => this.#closed());
  }

  #headers(): Record<string, string> {
    const { host, serviceType, protocol, headers, credentials } = this.#options;
    return {
      'X-Client-Protocol': protocol,
      'X-Client-Type': serviceType,
      'X-Host-ID': host,
      'X-Websocket-Namespace': '*',
      ...headers,
      ...credentials?.(),
    };
  }

  #opened(socket: WebSocket, answer: IncomingMessage): void {
    const { url, protocol, serviceType, pool } = this.#options;
    const server = headerOf(answer, 'x-host-id');
    const serverType = headerOf(answer, 'x-service-type');
    if (server === '' || serverType === '') {
      const text = `${url} did not say its host id and service type: it is no Skydive`;
      this.#shared.complaints.note('refused', text);
      socket.on('error', () => socket.terminate());
      socket.close(1000);
      return;
    }
    const target = new URL(url);
    const peer: Peer = {
      host: server,
      clientType: serviceType,
      serverType,
      protocol: protocol === 'protobuf' ? 'protobuf' : 'json',
      declaredProtocol: protocol,
      namespaces: new Set(['*']),
      address: target.hostname.replace(/^\[|\]$/g, ''),
      port: Number(target.port) || (target.protocol === 'wss:' ? 443 : 80),
      parameter: () => '',
      header: () => [],
    };
    const speaker = new Speaker({
      socket,
      stream: answer.socket,
      peer,
      shared: this.#shared,
      route: (from, message) => pool.route(from, message),
      ending: (from) => pool.remove(from),
    });
    this.#watchSilence(socket, speaker);
    const drop = this.#options.accept?.(speaker);
    if (drop !== undefined) {
      this.#drop = drop;
      socket.close(1000);
      return;
    }
    this.#backOff.reset();
    speaker.start();
    pool.add(speaker);
  }

  #watchSilence(socket: WebSocket, speaker: Speaker): void {
    let last = this.#shared.clock.now();
    let longest = 0;
    const heard = () => {
      const now = this.#shared.clock.now();
      longest = Math.max(longest, now - last);
      last = now;
    };
    socket.on('ping', heard);
    const timer = this.#shared.clock.every(silenceCheckMs, () => {
      if (speaker.paused) last = this.#shared.clock.now();
      // Before the second ping nobody knows how often this server pings.
      if (longest === 0) return;
      if (this.#shared.clock.now() - last < Math.max(minSilenceMs, missedPings * longest)) return;
      this.#shared.complaints.note(
        'pongTimeout',
        `reconnecting to ${this.url}: it has been silent for too long`,
      );
      socket.terminate();
    });
    socket.once('close', () => timer.stop());
  }

  #closed(): void {
    this.#socket = undefined;
    if (this.#stopped || this.#drop === 'forGood') return;
    const pauseMs = this.#drop === 'later' ? dropPauseMs : this.#backOff.next();
    this.#drop = undefined;
    this.#retry = this.#shared.clock.after(pauseMs, () => this.#connect());
  }
}

function headerOf(answer: IncomingMessage, name: string): string {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
