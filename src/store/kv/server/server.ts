// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createListener, type Socket } from 'node:net';
import { messageOf, SkydiveError } from '../../../errors.js';
import { encodeJson } from '../../../json/encode.js';
import type { Logger } from '../../../log/logger.js';
import { EtcdFault } from '../embedded/fault.js';
import type { KeySpace } from '../embedded/space.js';
import { type KeysMethod, type KeysRequest, keysRequest } from './request.js';

export interface KvServerParts {
  readonly space: KeySpace;
  readonly listen: { readonly host: string; readonly port: number };
  /** Member name, told to clients. */
  readonly name: string;
  readonly logger: Logger;
  /** Who may write from beyond this host. */
  readonly mayWrite: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Takes connections that begin with a TLS handshake and hands the requests on; they are cut when absent. */
  readonly tls?: (handle: (request: IncomingMessage, response: ServerResponse) => void) => Server;
  readonly limits?: Partial<KvServerLimits>;
}

export interface KvServerLimits {
  /** From the connection's start to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** From the start of a request to the end of its body. */
  readonly requestTimeoutMs: number;
}

const defaultLimits: KvServerLimits = { headersTimeoutMs: 15_000, requestTimeoutMs: 30_000 };

const keysPrefix = '/v2/keys';
const methods = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
const jsonType = 'application/json';
const textType = 'text/plain; charset=utf-8';
/** As much as etcd takes in a request. */
const maxBodyBytes = 1536 * 1024;
const maxConnections = 4096;
const tlsHandshake = 0x16;
/** What this server speaks: the version that the original embeds. */
const version = { etcdserver: '3.3.22', etcdcluster: '3.3.0' };

/**
 * The embedded key-value store as etcd's keys API v2 (etcd documentation v2.3): what `curl`, other analyzers and the
 * original's clients use. Plain HTTP, and TLS on the same port where the analyzer has a certificate.
 */
export class KvServer {
  readonly #parts: KvServerParts;
  readonly #limits: KvServerLimits;
  readonly #clusterId: string;
  readonly #plain: Server;
  readonly #secure: Server | undefined;
  readonly #listener = createListener();
  readonly #sockets = new Set<Socket>();

  constructor(parts: KvServerParts) {
    this.#parts = parts;
    this.#clusterId = createHash('sha1').update(`skydive ${parts.name}`).digest('hex').slice(0, 16);
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch((error: unknown) => this.#failed(request, response, error));
    };
    this.#limits = { ...defaultLimits, ...parts.limits };
    this.#plain = createServer({ maxHeaderSize: 16 * 1024 }, handle);
    this.#secure = parts.tls?.(handle);
    this.#watchTimes(this.#plain);
    if (this.#secure !== undefined) this.#watchTimes(this.#secure);
    this.#listener.maxConnections = maxConnections;
    this.#listener.on('connection', (socket) => this.#sort(socket));
  }

  /** Resolves with the address once connections are taken. Rejects with SKY_E_STORE when it cannot be bound. */
  start(): Promise<AddressInfo> {
    const { listen, logger } = this.#parts;
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => {
        const text = `cannot serve the key-value store on ${formatAddress(listen)} (etcd.listen): ${error.message}`;
        reject(new SkydiveError('SKY_E_STORE', text, { cause: error }));
      };
      this.#listener.once('error', failed);
      this.#listener.listen({ host: listen.host, port: listen.port }, () => {
        this.#listener.off('error', failed);
        this.#listener.on('error', (error) => logger.error(`key-value listener: ${error.message}`));
        resolve(this.#listener.address() as AddressInfo);
      });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const server of [this.#plain, this.#secure]) server?.close(() => {});
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Lets a server that never listens itself look after the times of its requests: node does so from `listening` on. */
  #watchTimes(server: Server): void {
    const { headersTimeoutMs, requestTimeoutMs } = this.#limits;
    server.headersTimeout = headersTimeoutMs;
    server.requestTimeout = requestTimeoutMs;
    Object.assign(server, { connectionsCheckingInterval: Math.min(1000, headersTimeoutMs) });
    server.emit('listening');
  }

  /** The first byte tells TLS from HTTP. */
  #sort(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const cut = setTimeout(() => socket.destroy(), this.#limits.headersTimeoutMs);
    socket.once('close', () => clearTimeout(cut));
    socket.once('data', (first) => {
      clearTimeout(cut);
      socket.pause();
      const server = first[0] === tlsHandshake ? this.#secure : this.#plain;
      if (server === undefined) {
        this.#parts.logger.debug('key-value store: TLS asked for, but tls.server_cert is not set');
        socket.destroy();
        return;
      }
      socket.unshift(first);
      server.emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://any');
    if (pathname === keysPrefix || pathname.startsWith(`${keysPrefix}/`)) {
      await this.#keys(request, response, decoded(pathname.slice(keysPrefix.length)), searchParams);
      return;
    }
    const page = this.#page(request, pathname);
    response.writeHead(page === undefined ? 404 : 200, {
      'Content-Type': page?.type ?? textType,
      ...(page === undefined && { 'X-Content-Type-Options': 'nosniff' }),
      ...(pathname === '/v2/members' && { 'X-Etcd-Cluster-Id': this.#clusterId }),
    });
    response.end(page?.body ?? '404 page not found\n');
  }

  #page(request: IncomingMessage, path: string): { type: string; body: string } | undefined {
    const { address = '127.0.0.1', port } = this.#listener.address() as AddressInfo;
    const url = `http://${request.headers.host ?? formatAddress({ host: address, port })}`;
    switch (path) {
      case '/version':
        return { type: jsonType, body: JSON.stringify(version) };
      case '/health':
        return { type: textType, body: '{"health":"true"}' };
      case '/v2/machines':
        return { type: textType, body: url };
      case '/v2/members': {
        const id = createHash('sha1').update(this.#clusterId).digest('hex').slice(0, 16);
        const peerURLs = [`http://localhost:${port + 1}`];
        return {
          type: jsonType,
          body: `${JSON.stringify({ members: [{ id, name: this.#parts.name, peerURLs, clientURLs: [url] }] })}\n`,
        };
      }
      default:
        return undefined;
    }
  }

  async #keys(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const method = request.method ?? '';
    if (!methods.has(method)) {
      response.writeHead(405, { Allow: [...methods].sort().join(','), 'Content-Type': textType });
      response.end('Method Not Allowed\n');
      return;
    }
    const form = new URLSearchParams(await formText(request));
    for (const [name, value] of query) form.append(name, value);
    const asked = keysRequest(method as KeysMethod, path, form);
    if (asked.kind === 'write' && !(await this.#admitted(request))) {
      response.writeHead(401, this.#headers());
      const message =
        'Insufficient credentials: a write from beyond this host needs a client certificate, the cluster credentials or etcd.allow_unauthenticated';
      response.end(`${JSON.stringify({ message })}\n`);
      return;
    }
    await this.#perform(asked, request, response);
  }

  async #perform(asked: KeysRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { space } = this.#parts;
    switch (asked.kind) {
      case 'read': {
        const { recursive, sorted, path } = asked;
        const { node, index } = await space.read(path, { list: true, recursive, sorted });
        this.#json(response, 200, index, { action: 'get', node });
        return;
      }
      case 'write': {
        const { event, index } = await space.write(asked.write);
        const created = event.action === 'create' || (event.action === 'set' && event.prevNode === undefined);
        this.#json(response, created ? 201 : 200, index, event);
        return;
      }
      case 'watch':
        this.#watch(asked, request, response);
    }
  }

  #watch(asked: KeysRequest & { kind: 'watch' }, request: IncomingMessage, response: ServerResponse): void {
    const { space } = this.#parts;
    const fromIndex = asked.fromIndex === 0 ? space.index + 1 : asked.fromIndex;
    const lines: string[] = [];
    let watch: { stop(): void } | undefined;
    let ended = false;
    const send = () => {
      while (lines.length > 0 && !ended) {
        const more = response.write(lines.shift());
        if (!asked.stream) {
          ended = true;
          response.end();
        } else if (!more) break;
      }
      if (ended) watch?.stop();
    };
    watch = space.watch(asked.path, asked.recursive, fromIndex, ({ event }) => {
      if (ended) return;
      lines.push(`${encodeJson(event)}\n`);
      // A client that does not read is cut: it comes back with the index that it needs.
      if (lines.length > 1000) request.socket.destroy();
      else if (response.headersSent) send();
    });
    response.on('close', () => {
      ended = true;
      watch?.stop();
    });
    response.on('drain', send);
    response.writeHead(200, this.#headers(space.index, true));
    response.flushHeaders();
    if (request.method === 'HEAD') response.end();
    else send();
  }

  async #admitted(request: IncomingMessage): Promise<boolean> {
    // A page in a browser on this host is not this host.
    if (request.headers.origin !== undefined) return false;
    return isLoopback(request.socket.remoteAddress) || (await this.#parts.mayWrite(request));
  }

  #failed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (error instanceof SkydiveError && error.code === 'SKY_E_TOO_LARGE') {
      response.writeHead(413, { 'Content-Type': textType, Connection: 'close' });
      response.end(`${error.message}\n`);
      return;
    }
    const fault = error instanceof EtcdFault ? error : new EtcdFault(300, messageOf(error), 0);
    if (fault !== error) this.#parts.logger.error(`key-value store: ${request.method}: ${messageOf(error)}`);
    response.writeHead(fault.status, this.#headers(fault.index));
    response.end(`${encodeJson(fault.toJSON())}\n`);
  }

  #json(response: ServerResponse, status: number, index: number, body: unknown): void {
    const text = `${encodeJson(body)}\n`;
    response.writeHead(status, {
      ...this.#headers(index, true),
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  /** There is no consensus here: the index counts for it, its term never changes. */
  #headers(index?: number, consensus = false): Record<string, string> {
    return {
      'Content-Type': jsonType,
      'X-Etcd-Cluster-Id': this.#clusterId,
      ...(index !== undefined && { 'X-Etcd-Index': String(index) }),
      ...(consensus && { 'X-Raft-Index': String(index), 'X-Raft-Term': '2' }),
    };
  }
}

function formatAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new EtcdFault(209, `the path ${path} has a broken percent escape`, 0);
  }
}

async function formText(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new SkydiveError('SKY_E_TOO_LARGE', `a request takes ${maxBodyBytes} bytes at most`);
    }
    chunks.push(chunk);
  }
  return type === 'application/x-www-form-urlencoded' ? Buffer.concat(chunks).toString('utf8') : '';
}
