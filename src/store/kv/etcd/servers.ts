// SPDX-License-Identifier: Apache-2.0

import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { messageOf, SkydiveError } from '../../../errors.js';

export interface EtcdServersOptions {
  /** `http://host:port` or `https://host:port`, one or more of a cluster. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  /** Sent as HTTP Basic; empty user: none. */
  readonly username?: string;
  readonly password?: string;
  readonly tls?: SecureContextOptions & Pick<ConnectionOptions, 'checkServerIdentity'>;
}

export interface EtcdRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  /** Instead of the credentials as HTTP Basic; empty: nothing. */
  readonly authorization?: string;
}

export interface EtcdAnswer {
  readonly status: number;
  /** Header `X-Etcd-Index`, 0 when there is none. */
  readonly index: number;
  readonly text: string;
}

/** Answers beyond this are cut: 8 times what one request may hold. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** The servers of one etcd cluster. A request goes to the one that answered last, else to the others in turn. */
export class EtcdServers {
  readonly #options: EtcdServersOptions;
  readonly #agents: { readonly http: Agent; readonly https: Agent };
  readonly #running = new Set<ClientRequest>();
  #current = 0;
  #closed = false;

  constructor(options: EtcdServersOptions) {
    if (options.urls.length === 0) throw new SkydiveError('SKY_E_CONFIG', 'etcd.servers: no server is given');
    for (const url of options.urls) {
      if (!/^https?:\/\/[^/]/.test(url)) {
        throw new SkydiveError(
          'SKY_E_CONFIG',
          `etcd.servers: ${url} is not http://host:port or https://host:port`,
        );
      }
    }
    this.#options = options;
    const keep = { keepAlive: true, keepAliveMsecs: 10_000, maxSockets: 64 };
    this.#agents = { http: new HttpAgent(keep), https: new HttpsAgent(keep) };
  }

  /** The whole answer. Rejects with SKY_E_STORE when no server gave one. */
  async ask(request: EtcdRequest): Promise<EtcdAnswer> {
    const failures: string[] = [];
    const { urls } = this.#options;
    for (let attempt = 0; attempt < urls.length; attempt++) {
      const url = urls[this.#current % urls.length]!;
      try {
        const response = await this.open(request, url);
        const text = await readText(response, maxAnswerBytes);
        // A member without a leader cannot answer; another one may.
        if (response.statusCode === 503 || /etcdserver: (no leader|server stopped)/.test(text)) {
          throw new Error(`${response.statusCode}: ${text.trim().slice(0, 200)}`);
        }
        return { status: response.statusCode ?? 0, index: indexOf(response), text };
      } catch (error) {
        if (this.#closed) break;
        failures.push(`${url}: ${describe(error)}`);
        this.#current += 1;
        // A write whose answer was lost may have taken place: repeating it is for the caller to decide.
        if (request.method !== 'GET' && !neverSent(error)) break;
      }
    }
    if (this.#closed) throw new SkydiveError('SKY_E_STORE', 'the key-value store is closed');
    throw new SkydiveError('SKY_E_STORE', `etcd does not answer: ${failures.join('; ')} (etcd.servers)`);
  }

  /** Empty user: none. */
  get credentials(): { readonly username: string; readonly password: string } {
    const { username = '', password = '' } = this.#options;
    return { username, password };
  }

  /** The server that answered last. */
  get current(): string {
    return this.#options.urls[this.#current % this.#options.urls.length]!;
  }

  /** Turns to the next server. */
  turn(): void {
    this.#current += 1;
  }

  /** Sends a request and resolves with the beginning of the answer; `idleMs` bounds each silence, 0 does not. */
  open(request: EtcdRequest, url = this.current, idleMs = this.#options.timeoutMs): Promise<IncomingMessage> {
    if (this.#closed) {
      return Promise.reject(new SkydiveError('SKY_E_STORE', 'the key-value store is closed'));
    }
    const { username, password } = this.credentials;
    const basic = username === '' ? '' : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const authorization = request.authorization ?? basic;
    const secure = url.startsWith('https:');
    return new Promise((resolve, reject) => {
      const sent = (secure ? httpsRequest : httpRequest)(url.replace(/\/$/, '') + request.path, {
        // Read anew each time: certificates may be replaced.
        ...(secure && this.#options.tls),
        method: request.method,
        agent: secure ? this.#agents.https : this.#agents.http,
        headers: {
          ...(request.body !== undefined && {
            'Content-Type': request.type ?? 'application/x-www-form-urlencoded',
            'Content-Length': Buffer.byteLength(request.body),
          }),
          ...(authorization !== '' && { Authorization: authorization }),
        },
      });
      this.#running.add(sent);
      const begun = setTimeout(() => sent.destroy(new Error('no answer in time')), this.#options.timeoutMs);
      sent.on('close', () => {
        clearTimeout(begun);
        this.#running.delete(sent);
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        clearTimeout(begun);
        if (idleMs > 0) response.setTimeout(idleMs, () => sent.destroy(new Error('no answer in time')));
        resolve(response);
      });
      sent.end(request.body);
    });
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#running) request.destroy(new Error('closed'));
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

export function indexOf(response: IncomingMessage): number {
  return Number(response.headers['x-etcd-index'] ?? 0);
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The connection was not made, so the request cannot have had an effect. */
function neverSent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'].includes(code);
}

function describe(error: unknown): string {
  // Several addresses of one name fail together, without a text of their own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return messageOf(error);
}
