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

export interface BodyLimits {
  /** Bytes of the whole body. */
  readonly limit: number;
  /** Between two pieces of it. */
  readonly idleMs: number;
  /** For all of it. */
  readonly totalMs: number;
}

function stalled(ms: number): SkydiveError {
  return new SkydiveError('SKY_E_TIMEOUT', `no byte of the request body came for ${ms / 1000} s`);
}

function gone(): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', 'the client went away within its request body');
}

/**
 * The body of a request piece by piece, as fast as they are taken, of whatever size. Throws SKY_E_TIMEOUT when the
 * client sends nothing for `idleMs`, SKY_E_BAD_REQUEST when it goes.
 */
export async function* streamBody(
  request: IncomingMessage,
  response: ServerResponse,
  idleMs: number,
): AsyncGenerator<Uint8Array> {
  if (expectsContinue(request) && !response.headersSent) response.writeContinue();
  // A late error of a request nobody reads any more must not end the process.
  request.on('error', () => {});
  const pieces = request.iterator({ destroyOnReturn: false });
  for (;;) {
    let idle: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      idle = setTimeout(() => reject(stalled(idleMs)), idleMs);
    });
    const next = pieces.next().catch(() => {
      throw gone();
    });
    try {
      const { done, value } = await Promise.race([next, silence]);
      if (done === true) return;
      yield value as Uint8Array;
    } finally {
      clearTimeout(idle);
      next.catch(() => {});
    }
  }
}

/**
 * The whole body of a request. Refuses a body that announces too many bytes before it reads any, one that does not
 * announce its size as soon as it exceeds the limit, a client that sends nothing for `idleMs`, and one that is not
 * done after `totalMs`.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limit, idleMs, totalMs }: BodyLimits,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  if (expectsContinue(request) && !response.headersSent) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const idle = setTimeout(() => settle(() => reject(stalled(idleMs))), idleMs);
    const late = `the request body did not end within ${totalMs / 1000} s`;
    const total = setTimeout(() => settle(() => reject(new SkydiveError('SKY_E_TIMEOUT', late))), totalMs);
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
    const onGone = () => settle(() => reject(gone()));
    const settle = (finish: () => void) => {
      clearTimeout(idle);
      clearTimeout(total);
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // A late error of a request nobody reads any more must not end the process.
      request.on('error', () => {});
      finish();
    };
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
