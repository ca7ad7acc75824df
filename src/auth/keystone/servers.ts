// SPDX-License-Identifier: Apache-2.0

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
  readonly headers: Headers;
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
        const answer = await fetch(base + path, {
          method,
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            Accept: 'application/json',
            ...headers,
            ...(body !== undefined && { 'Content-Type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await limitedText(answer);
        if (answer.status >= 500) throw new Error(`it answered ${answer.status}`);
        return { status: answer.status, headers: answer.headers, body: parse(text) };
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        failures.push(`${base}: ${messageOf(cause)}`);
        this.#current += 1;
      }
    }
    throw new KeystoneAway(`Keystone does not answer: ${failures.join('; ')}`);
  }
}

async function limitedText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
