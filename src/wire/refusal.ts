// SPDX-License-Identifier: Apache-2.0

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: 401 | 403 | 409 | 500;
  /** Text for people, empty for none. */
  readonly body?: string;
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
}

/** Answers an upgrade request with an HTTP error and closes the connection. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  const body = refusal.body ?? '';
  const lines = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, 'Connection: close'];
  for (const cookie of refusal.cookies ?? []) lines.push(`Set-Cookie: ${cookie}`);
  lines.push(`Date: ${new Date().toUTCString()}`, `Content-Length: ${Buffer.byteLength(body)}`);
  if (body !== '') lines.push('Content-Type: text/plain; charset=utf-8');
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
