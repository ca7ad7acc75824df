// SPDX-License-Identifier: Apache-2.0

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf, SkydiveError } from '../errors.js';

/** How servers are spoken to. */
export interface Transport {
  /** PEM certificates of authorities. */
  readonly authorities: readonly string[];
  /** Longest silence of a server. */
  readonly timeoutMs: number;
}

export interface Request {
  readonly method?: 'GET' | 'POST';
  readonly url: URL;
  /** X-Auth-Token. */
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Parsed; undefined when the answer has no body or is no JSON. */
  readonly json: unknown;
}

const maxBodyBytes = 64 * 1024 * 1024;

/** Where several addresses were tried, node's error has no text but a code. */
function reasonOf(error: unknown): string {
  return messageOf(error) || String((error as NodeJS.ErrnoException).code ?? 'no connection');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One request, redirects not followed. Throws SKY_E_INTERNAL when no whole answer comes. */
export function exchange(
  transport: Transport,
  { method = 'GET', url, token, body }: Request,
): Promise<Answer> {
  const failed = (why: string, cause?: unknown) =>
    new SkydiveError('SKY_E_INTERNAL', `${method} ${url.origin}${url.pathname}: ${why}`, { cause });
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return Promise.reject(failed('only http and https are spoken'));
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = {
    accept: 'application/json',
    'user-agent': 'skydive-tripleo-inventory',
    ...(token === undefined ? {} : { 'x-auth-token': token }),
    ...(payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(payload.length) }),
  };
  const options = { method, headers, agent: false as const, timeout: transport.timeoutMs };
  return new Promise((resolve, reject) => {
    const received = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response
        .on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBodyBytes) outgoing.destroy(failed(`the answer exceeds ${maxBodyBytes} bytes`));
          else chunks.push(chunk);
        })
        .on('error', (error) =>
          reject(error instanceof SkydiveError ? error : failed(reasonOf(error), error)),
        )
        .on('end', () => {
          const json = parsed(Buffer.concat(chunks).toString('utf8'));
          resolve({ status: response.statusCode ?? 0, headers: response.headers, json });
        });
    };
    const outgoing =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, ca: [...transport.authorities] }, received)
        : httpRequest(url, options, received);
    outgoing
      .on('timeout', () => outgoing.destroy(failed(`no answer within ${transport.timeoutMs / 1000} s`)))
      .on('error', (error) => reject(error instanceof SkydiveError ? error : failed(reasonOf(error), error)))
      .end(payload);
  });
}
