// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, SkydiveError } from '../errors.js';
import type { Complaint } from './complaints.js';
import type { Endpoint } from './endpoint.js';
import { Heartbeat } from './heartbeat.js';
import { UpgradeParameters } from './parameters.js';
import { type Refusal, refuse } from './refusal.js';
import type { Shared } from './shared.js';
import { type Peer, Speaker } from './speaker.js';

/** What authentication and authorization say about an upgrade request. */
export type Admission =
  | { readonly admitted: true; readonly cookies?: readonly string[] }
  | {
      readonly admitted: false;
      readonly status: 401 | 403;
      readonly body?: string;
      readonly cookies?: readonly string[];
    };

/** Decides on a request for an endpoint's path. `cookies` are `Set-Cookie` values for a refusal. */
export type Authenticate = (request: IncomingMessage, path: string) => Admission | Promise<Admission>;

export interface WireServerOptions {
  /** Own host id and service type, told to every client. */
  readonly host: string;
  readonly serviceType: 'analyzer' | 'agent';
  readonly endpoints: readonly Endpoint[];
  readonly shared: Shared;
  /** Everybody is let in when absent. */
  readonly authenticate?: Authenticate;
  readonly pingDelayMs?: number;
  readonly pongTimeoutMs?: number;
  /** Largest message on API endpoints. */
  readonly maxMessageBytes?: number;
}

const clusterMessageBytes = 1024 ** 3;
const statusOf = { authentication: 401, forbidden: 403, duplicateHost: 409, badUpgrade: 500 } as const;

/** Serves endpoints on any node HTTP server: the upgrade checks, then one Speaker per connection. */
export class WireServer {
  readonly #options: WireServerOptions;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #shared: Shared;
  readonly #handshakes: Record<'api' | 'cluster', WebSocketServer>;
  readonly #sockets = new Set<WebSocket>();
  readonly #detach: (() => void)[] = [];
  #stopped = false;

  constructor(options: WireServerOptions) {
    this.#options = options;
    this.#endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.path, endpoint]));
    this.#shared = options.shared;
    this.#handshakes = {
      api: this.#handshake(options.maxMessageBytes ?? 16 * 1024 ** 2),
      cluster: this.#handshake(clusterMessageBytes),
    };
  }

  /** Takes the server's upgrade requests; those for other paths are refused. */
  attach(server: Server): void {
    const listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (!this.handleUpgrade(request, socket, head)) socket.destroy();
    };
    server.on('upgrade', listener);
    this.#detach.push(() => server.off('upgrade', listener));
  }

  /** The paths of the endpoints. A plain request for one is answered with 500, as the original does. */
  get paths(): string[] {
    return [...this.#endpoints.keys()];
  }

  /** False when the path is not one of ours: then nothing was done to the socket. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const parameters = new UpgradeParameters(request);
    const endpoint = this.#endpoints.get(parameters.path);
    if (endpoint === undefined) return false;
    socket.on('error', () => socket.destroy());
    this.#admit(endpoint, parameters, request, socket, head).catch((thrown: unknown) => {
      this.#refuse(socket, 'badUpgrade', `an upgrade for ${endpoint.path} failed: ${messageOf(thrown)}`, {});
    });
    return true;
  }

  /** Closes every connection. */
  stop(): void {
    this.#stopped = true;
    for (const detach of this.#detach.splice(0)) detach();
    for (const socket of this.#sockets) socket.terminate();
  }

  #handshake(maxPayload: number): WebSocketServer {
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // Go does not look at the encoding of text frames; the JSON decoder replaces what is not UTF-8.
      skipUTF8Validation: true,
      maxPayload,
    });
    server.on('headers', (headers) => {
      headers.push(`X-Host-Id: ${this.#options.host}`, `X-Service-Type: ${this.#options.serviceType}`);
    });
    return server;
  }

  async #admit(
    endpoint: Endpoint,
    parameters: UpgradeParameters,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { authenticate } = this.#options;
    const admission = authenticate ? await authenticate(request, endpoint.path) : { admitted: true as const };
    if (this.#stopped) {
      socket.destroy();
      return;
    }
    const address = addressOf(request.socket);
    const from = `${address.includes(':') ? `[${address}]` : address}:${request.socket.remotePort}`;
    const host = parameters.get('X-Host-ID') || from;
    const who = `${host} (${from}) on ${endpoint.path}`;
    if (!admission.admitted) {
      const kind = admission.status === 401 ? 'authentication' : 'forbidden';
      this.#refuse(
        socket,
        kind,
        `refused ${who}: ${kind === 'forbidden' ? 'not allowed' : 'not authenticated'}`,
        admission,
      );
      return;
    }
    const cookies = admission.cookies ?? [];
    if (endpoint.hosts.has(host)) {
      this.#refuse(socket, 'duplicateHost', `refused ${who}: a client with this host id is connected`, {
        cookies,
      });
      return;
    }
    const bad = whyNotUpgradable(request);
    if (bad !== undefined) {
      this.#refuse(socket, 'badUpgrade', `refused ${who}: ${bad}`, { cookies });
      return;
    }
    endpoint.hosts.add(host);
    const release = () => endpoint.hosts.delete(host);
    socket.once('close', release);
    this.#handshakes[endpoint.options.limit].handleUpgrade(request, socket, head, (webSocket) => {
      this.#upgraded(endpoint, parameters, request, webSocket, host, () => socket.off('close', release));
    });
  }

  #upgraded(
    endpoint: Endpoint,
    parameters: UpgradeParameters,
    request: IncomingMessage,
    socket: WebSocket,
    host: string,
    keepHost: () => void,
  ): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const clientType = parameters.get('X-Client-Type');
    const protocol = parameters.protocol;
    if (clientType === '' || protocol === undefined) {
      const why =
        clientType === '' ? 'X-Client-Type is missing' : 'X-Client-Protocol is not json or protobuf';
      this.#turnAway(socket, `${host} on ${endpoint.path}`, why);
      return;
    }
    const peer: Peer = {
      host,
      clientType,
      protocol: protocol === 'protobuf' ? 'protobuf' : 'json',
      // A server answers with text frames where the client left its protocol unset.
      declaredProtocol: protocol === '' ? 'json' : protocol,
      namespaces: parameters.namespaces,
      address: addressOf(request.socket),
      port: request.socket.remotePort ?? 0,
      parameter: (name) => parameters.get(name),
      header: (name) => parameters.header(name),
    };
    const raw = endpoint.options.raw;
    let heartbeat: Heartbeat | undefined;
    // From here on the host id is free again only when the end of the connection has been dealt with.
    keepHost();
    const speaker = new Speaker({
      socket,
      stream: request.socket,
      peer,
      shared: this.#shared,
      route: (from, message) => endpoint.route(from, message),
      ...(raw === undefined ? {} : { raw }),
      ending: (from) => endpoint.remove(from),
      ended: () => endpoint.hosts.delete(host),
    });
    socket.on('close', () => heartbeat?.stop());
    const enter = () => {
      if (socket.readyState !== socket.OPEN) return;
      endpoint.alive(speaker);
      heartbeat = new Heartbeat({
        socket,
        clock: this.#shared.clock,
        pingDelayMs: this.#options.pingDelayMs ?? 2000,
        pongTimeoutMs: this.#options.pongTimeoutMs ?? 5000,
        paused: () => speaker.paused,
        pong: () => endpoint.alive(speaker),
        expired: () => {
          this.#shared.complaints.note(
            'pongTimeout',
            `closing the connection of ${speaker.name}: no pong in time`,
          );
          speaker.terminate();
        },
      });
      endpoint.add(speaker);
      speaker.start();
    };
    const refused = (thrown: unknown) => {
      // Analyzers that dial each other meet twice: one of the connections is one too many, which is no fault.
      const conflict = thrown instanceof SkydiveError && thrown.code === 'SKY_E_CONFLICT';
      this.#turnAway(socket, speaker.name, conflict ? undefined : messageOf(thrown));
    };
    try {
      const accepting = endpoint.accept?.(speaker);
      if (accepting === undefined) {
        enter();
        return;
      }
      // Nothing is read until the endpoint has decided.
      socket.pause();
      accepting
        .then(() => {
          socket.resume();
          enter();
        })
        .catch((thrown: unknown) => {
          socket.resume();
          refused(thrown);
        });
    } catch (thrown) {
      refused(thrown);
    }
  }

  /** After the 101 a refusal is a close frame 1000 without a reason and without a ping before it. */
  #turnAway(socket: WebSocket, who: string, why: string | undefined): void {
    if (why !== undefined) this.#shared.complaints.note('refused', `refused ${who}: ${why}`);
    socket.on('error', () => socket.terminate());
    socket.close(1000);
  }

  #refuse(
    socket: Duplex,
    kind: Complaint & keyof typeof statusOf,
    text: string,
    rest: Omit<Refusal, 'status'>,
  ): void {
    this.#shared.complaints.note(kind, text);
    refuse(socket, { ...rest, status: statusOf[kind] });
  }
}

/** What makes an upgrade request unfit (RFC 6455 §4.2.1), undefined when it is fine. */
function whyNotUpgradable(request: IncomingMessage): string | undefined {
  if (request.method !== 'GET') return 'the method is not GET';
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') return 'Upgrade is not websocket';
  if (request.headers['sec-websocket-version'] !== '13') return 'Sec-WebSocket-Version is not 13';
  if (!/^[+/0-9A-Za-z]{22}==$/.test(request.headers['sec-websocket-key'] ?? ''))
    return 'Sec-WebSocket-Key is malformed';
  return undefined;
}

function addressOf(socket: Socket): string {
  const address = socket.remoteAddress;
  if (address === undefined) throw new SkydiveError('SKY_E_WIRE', 'the client is gone');
  // A dual-stack listener spells IPv4 clients ::ffff:a.b.c.d.
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
