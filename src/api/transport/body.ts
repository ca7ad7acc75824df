// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, ServerResponse } from 'node:http';
import { SkydiveError } from '../../errors.js';

function tooLarge(limit: number): SkydiveError {
  return new SkydiveError(
    'SKY_E_TOO_LARGE',
    `the request body is larger than ${limit} bytes: send less at a time`,
  );
}

/** True when the client waits for a `100 Continue` before it sends its body. */
function expectsContinue(request: IncomingMessage): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}

/**
 * The whole body of a request. Refuses a body that announces too many bytes before it reads any, one that does not
 * announce its size as soon as it exceeds the limit, and a client that sends nothing for `idleMs`.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  idleMs: number,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  if (expectsContinue(request) && !response.headersSent) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const idle = setTimeout(() => {
      settle(() =>
        reject(new SkydiveError('SKY_E_TIMEOUT', `no byte of the request body came for ${idleMs / 1000} s`)),
      );
    }, idleMs);
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        settle(() => reject(tooLarge(limit)));
        return;
      }
      chunks.push(chunk);
      idle.refresh();
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks, length)));
    const onGone = () =>
      settle(() =>
        reject(new SkydiveError('SKY_E_BAD_REQUEST', 'the client went away within its request body')),
      );
    const settle = (finish: () => void) => {
      clearTimeout(idle);
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // A late error of a request nobody reads any more must not end the process.
      request.on('error', () => {});
      finish();
    };
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
