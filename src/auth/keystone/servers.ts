// SPDX-License-Identifier: Apache-2.0

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf, SkydiveError } from '../../errors.js';

/** What Keystone knows of a token. */
export interface Identity {
  readonly user: string;
  readonly tenant: string;
  readonly domain: string;
  readonly expiresAt: number;
}

export interface KeystoneAnswer {
  readonly status: number;
  /** Header `X-Subject-Token`. */
  readonly token: string | undefined;
  readonly body: unknown;
}

const timeoutMs = 5000;
const maxBytes = 1024 * 1024;

export class KeystoneAway extends SkydiveError {
  constructor(message: string) {
    super('SKY_E_UNAUTHORIZED', message);
  }
}

/** The addresses of an identity service, asked in turn until one answers. */
export class KeystoneServers {
  readonly #urls: readonly string[];
  #current = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls.map((url) => (url.endsWith('/') ? url : `${url}/`));
  }

  /** Throws KeystoneAway (SKY_E_UNAUTHORIZED) when no address answers: who cannot be checked is not let in. */
  async ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<KeystoneAnswer> {
    const failures: string[] = [];
    for (let attempt = 0; attempt < this.#urls.length; attempt++) {
      const base = this.#urls[this.#current % this.#urls.length]!;
      try {
        const { status, token, text } = await send(new URL(base + path), method, headers, body);
        if (status >= 500) throw new Error(`it answered ${status}`);
        return { status, token, body: parse(text) };
      } catch (error) {
        failures.push(`${base}: ${messageOf(error)}`);
        this.#current += 1;
      }
    }
    throw new KeystoneAway(`Keystone does not answer: ${failures.join('; ')}`);
  }
}

/** On a connection of its own: some servers close kept ones without a word. Redirections are not followed. */
function send(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<{ status: number; token: string | undefined; text: string }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      agent: false,
      headers: {
        Accept: 'application/json',
        ...headers,
        ...(text !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        }),
      },
    });
    const late = setTimeout(() => sent.destroy(new Error('no answer in time')), timeoutMs);
    sent.on('close', () => clearTimeout(late));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) sent.destroy(new Error('its answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const token = response.headers['x-subject-token'];
        resolve({
          status: response.statusCode ?? 0,
          token: Array.isArray(token) ? token[0] : token,
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    sent.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
