// SPDX-License-Identifier: Apache-2.0

import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http';
import type { Readable } from 'node:stream';
import { formatAddress } from '../../config/address.js';
import { messageOf } from '../../errors.js';
import { CommandFailure } from '../failure.js';
import type { Connection } from './connection.js';
import { proxyFor, tunnel } from './proxy.js';

export interface ClientRequest {
  readonly method: string;
  /** Below `/api/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | SizedBody;
  /** Ends the request, also while its answer is read. */
  readonly signal?: AbortSignal;
}

/** A body that is sent as it is read. */
export interface SizedBody {
  readonly bytes: number;
  readonly stream: Readable;
}

export interface ClientAnswer {
  readonly status: number;
  /** `404 Not Found`. */
  readonly statusLine: string;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

async function dial(
  connection: Connection,
  options: RequestOptions,
): Promise<() => ReturnType<typeof plainRequest>> {
  const { address, tls } = connection;
  const proxy = proxyFor(tls === undefined ? 'http' : 'https', address, process.env);
  if (tls === undefined) {
    if (proxy === undefined) return () => plainRequest(options);
    const path = `http://${formatAddress(address)}${options.path}`;
    const headers = { ...options.headers, Host: formatAddress(address), ...proxy.headers };
    return () => plainRequest({ ...options, host: proxy.host, port: proxy.port, path, headers });
  }
  const { request } = await import('node:https');
  const { cert, key, ca, insecure } = tls;
  const secure = { cert, key, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecure };
  if (proxy === undefined) return () => request({ ...options, ...secure });
  const socket = await tunnel(proxy, address);
  const { connect } = await import('node:tls');
  const createConnection = () => connect({ socket, servername: address.host, ...secure });
  return () => request({ ...options, ...secure, agent: false, createConnection });
}

async function decoded(answer: IncomingMessage): Promise<Readable> {
  if (answer.headers['content-encoding'] !== 'gzip' || answer.headers['content-length'] === '0')
    return answer;
  const { createGunzip } = await import('node:zlib');
  const plain = createGunzip();
  answer.on('error', (error) => plain.destroy(error));
  return answer.pipe(plain);
}

/** Sends one request to the analyzer. Throws a CommandFailure when it cannot be reached. */
export async function send(connection: Connection, request: ClientRequest): Promise<ClientAnswer> {
  const { address, username, password } = connection;
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const options: RequestOptions = {
    host: address.host,
    port: address.port,
    method: request.method,
    path: `/api/${request.path}`,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    headers: {
      'Content-Type': 'application/json',
      ...(isLoopback(address.host) ? {} : { 'Accept-Encoding': 'gzip' }),
      ...(username === '' ? {} : { Authorization: `Basic ${credentials}` }),
      ...(request.body === undefined ? {} : { 'Content-Length': sizeOf(request.body) }),
      ...request.headers,
    },
  };
  try {
    const open = await dial(connection, options);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = open();
      outgoing.on('response', resolve).on('error', reject);
      if (isSized(request.body)) {
        // An analyzer that refuses the file answers before it is all sent.
        request.body.stream.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
      } else {
        outgoing.end(request.body);
      }
    });
    const status = answer.statusCode ?? 0;
    return {
      status,
      statusLine: `${status} ${answer.statusMessage ?? ''}`,
      headers: answer.headers,
      body: await decoded(answer),
    };
  } catch (error) {
    if (error instanceof CommandFailure || request.signal?.aborted === true) throw error;
    throw new CommandFailure(
      `cannot reach the analyzer at ${formatAddress(address)}: ${reasonOf(error)}; ` +
        'check that it runs and that --analyzer or SKYDIVE_ANALYZER names it',
      { cause: error },
    );
  }
}

function isSized(body: ClientRequest['body']): body is SizedBody {
  return typeof body === 'object' && 'stream' in body;
}

function sizeOf(body: string | Buffer | SizedBody): number {
  return isSized(body) ? body.bytes : Buffer.byteLength(body);
}

/** Of several addresses that were tried, each failure. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return messageOf(error);
}

/** The whole body as text. */
export async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
