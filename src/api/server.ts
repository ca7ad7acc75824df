// SPDX-License-Identifier: Apache-2.0

import { createServer, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import Koa from 'koa';
import { formatAddress } from '../config/address.js';
import { messageOf, SkydiveError } from '../errors.js';
import { handshakeFault } from '../wire/tls-failure.js';
import { errorAnswer } from './answer.js';
import { answerOfError, dispatch } from './dispatch.js';
import { defaultLimits, type Limits } from './limits.js';
import type { ApiParts, TlsParts } from './parts.js';
import { type Route, RouteTable } from './route.js';
import { routes } from './routes.js';
import { brokenRequestAnswer } from './transport/broken-request.js';
import { lingeringClose } from './transport/linger.js';
import { send } from './transport/send.js';
import { admitTls, tlsOptions } from './transport/tls.js';

/** What happens on a connection whose client goes; not worth a line in the log. */
const goneCodes = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** The HTTP listener of an analyzer or agent. One port carries the REST API, WebSockets and the browser application. */
export class ApiServer {
  /** The table of routes, for those who check it. */
  readonly routes: readonly Route[];
  readonly #parts: ApiParts;
  readonly #limits: Limits;
  readonly #table: RouteTable;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of requests that are being answered. */
  readonly #running = new Map<ServerResponse, AbortController>();
  readonly #answering = new WeakMap<Duplex, ServerResponse>();

  /** Throws SKY_E_INTERNAL when a route does not say who may use it. */
  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#limits = { ...defaultLimits, ...parts.limits };
    this.routes = routes(parts);
    this.#table = new RouteTable(this.routes);
    this.#server = this.#listener();
  }

  /** Resolves with the address once connections are taken. Throws SKY_E_ADDRESS when it cannot be bound. */
  start(): Promise<AddressInfo> {
    const { listen, service, logger } = this.#parts;
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => {
        const what = `cannot listen on ${formatAddress(listen)}: ${error.message}`;
        reject(
          new SkydiveError('SKY_E_ADDRESS', `${what}; stop who does, or set ${service}.listen`, {
            cause: error,
          }),
        );
      };
      server.once('error', refuse);
      server.listen({ port: listen.port, ...(listen.host === '' ? {} : { host: listen.host }) }, () => {
        server.off('error', refuse);
        server.on('error', (error) => logger.error(`API listener: ${error.message}`));
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /** Takes no more connections, cancels running queries, and cuts what is left after a short grace. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    for (const controller of this.#running.values()) controller.abort();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#limits.stopGraceMs);
    await closed;
    clearTimeout(cut);
  }

  #listener(): Server {
    const limits = this.#limits;
    const options: ServerOptions = {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      // Who reads a body says how long it may take.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    };
    const { tls } = this.#parts;
    const server =
      tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tlsOptions(tls) });
    if (tls !== undefined) this.#watchTls(server as TlsServer, tls);

    const answer = this.#application().callback();
    server.on('request', answer);
    // The body's reader sends `100 Continue` when it is willing to read.
    server.on('checkContinue', answer);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      lingeringClose(socket, limits.lingerMs);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#broken(error, socket));
    const { upgrade } = this.#parts;
    if (upgrade !== undefined) server.on('upgrade', upgrade);
    return server;
  }

  /** Who is refused for its certificate, and certificates that are replaced. */
  #watchTls(server: TlsServer, tls: TlsParts): void {
    const { logger } = this.#parts;
    const refused = (socket: TLSSocket, why: string) =>
      logger.warn(`TLS: refused ${socket.remoteAddress ?? 'a client that is gone'}: ${why}`);
    server.on('secureConnection', (socket: TLSSocket) =>
      admitTls(socket, tls.requireClientCert === true, (why) => refused(socket, why)),
    );
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      if (!goneCodes.has(codeOf(error) ?? '')) refused(socket, handshakeFault(error));
    });
    const stop = tls.rotations?.((next) => server.setSecureContext(tlsOptions({ ...tls, ...next })));
    if (stop !== undefined) server.on('close', stop);
  }

  #application(): Koa {
    const { logger, authenticator } = this.#parts;
    const app = new Koa();
    app.on('error', (error: unknown) => {
      const text = `API: ${messageOf(error)}`;
      if (goneCodes.has(codeOf(error) ?? '')) logger.debug(text);
      else logger.error(text);
    });
    app.use(async (context) => {
      const { req, res } = context;
      const controller = new AbortController();
      this.#running.set(res, controller);
      this.#answering.set(req.socket, res);
      res.on('close', () => {
        this.#running.delete(res);
        // An abort after the answer would only cost its exception.
        if (!res.writableFinished) controller.abort();
      });
      res.setTimeout(0);
      try {
        const tls = this.#parts.tls !== undefined;
        const made = await dispatch(
          context,
          this.#table,
          authenticator,
          this.#limits,
          controller.signal,
          tls,
          logger,
        );
        res.setTimeout(this.#limits.answerStallMs, () => {
          logger.debug(`API: ${req.method} ${req.url}: cut off, the client left its answer unread`);
          req.socket.destroy();
        });
        await send(context, made);
      } catch (error) {
        if (res.headersSent || req.socket.destroyed) {
          logger.debug(`API: ${req.method} ${req.url}: ${messageOf(error)}`);
          req.socket.destroy();
          return;
        }
        const known = answerOfError(error);
        if (known === undefined) logger.error(`API: ${req.method} ${req.url}: ${detail(error)}`);
        await send(
          context,
          known ?? errorAnswer(500, 'internal error: the log of this service has the details'),
        );
      }
    });
    return app;
  }

  /** What node could not parse, or what took too long. */
  #broken(error: NodeJS.ErrnoException, socket: Duplex): void {
    this.#parts.logger.debug(`API: a client sent no usable request: ${error.message}`);
    const answering = this.#answering.get(socket);
    const inAnswer = answering?.headersSent === true && !answering.writableFinished;
    if (!socket.writable || inAnswer || goneCodes.has(error.code ?? '')) {
      socket.destroy();
      return;
    }
    socket.write(brokenRequestAnswer(error));
    (socket as Socket).destroySoon();
  }
}

function detail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
