// SPDX-License-Identifier: Apache-2.0

import { STATUS_CODES } from 'node:http';

const statusByCode: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const advice: Readonly<Record<number, string>> = {
  408: 'the request did not come completely in time',
  413: 'the chunk extensions are too large',
  431: 'the request line and headers are too large',
  400: 'this is not an HTTP request',
};

/** The answer to what never became a request, as it goes on the wire. */
export function brokenRequestAnswer(error: NodeJS.ErrnoException): string {
  const status = statusByCode[error.code ?? ''] ?? 400;
  const body = `${status} ${STATUS_CODES[status]}: ${advice[status]}\n`;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
