// SPDX-License-Identifier: Apache-2.0

import { jsonChunks } from '../json/chunks.js';
import type { ApiAnswer } from './exchange.js';

export const jsonType = 'application/json; charset=UTF-8';
const textType = 'text/plain; charset=utf-8';

function* withNewline(chunks: Iterable<string>): Generator<string> {
  yield* chunks;
  yield '\n';
}

/** 200 (or `status`) with the value as one line of JSON. Without newline for answers to POST and PATCH of resources. */
export function jsonAnswer(
  value: unknown,
  options: { status?: number; newline?: boolean; type?: string } = {},
): ApiAnswer {
  const chunks = jsonChunks(value);
  return {
    status: options.status ?? 200,
    type: options.type ?? jsonType,
    body: options.newline === false ? chunks : withNewline(chunks),
  };
}

/** Only a status. */
export function emptyAnswer(status: number): ApiAnswer {
  return { status };
}

/** An error as the original's clients know it: the message, one newline, no sniffing. */
export function errorAnswer(status: number, message: string): ApiAnswer {
  return {
    status,
    type: textType,
    headers: { 'X-Content-Type-Options': 'nosniff' },
    body: `${message}\n`,
  };
}

/** 401: the bare text and no `WWW-Authenticate`, which would make browsers ask. */
export function unauthorizedAnswer(message: string): ApiAnswer {
  return { status: 401, type: textType, body: message };
}

export const notFoundAnswer: ApiAnswer = errorAnswer(404, '404 page not found');

const reasons: Readonly<Record<number, string>> = { 301: 'Moved Permanently', 302: 'Found' };

/** A redirection; only GET gets a page to click on. */
export function redirectAnswer(status: 301 | 302, location: string, method: string): ApiAnswer {
  const headers = { Location: location };
  if (method !== 'GET') return { status, headers };
  const target = location.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return {
    status,
    headers,
    type: 'text/html; charset=utf-8',
    body: `<a href="${target}">${reasons[status]}</a>.\n\n`,
  };
}
