// SPDX-License-Identifier: Apache-2.0

import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Context } from 'koa';
import type { ApiAnswer } from '../exchange.js';
import { acceptedEncoding, compressor, compressWhole } from './compression.js';

type Chunk = string | Uint8Array;

/** Bodies whose chunks end before this many bytes go out as one piece with a Content-Length. */
const wholeBytes = 64 * 1024;
/** A request body that is larger than this is not read to its end just to keep the connection. */
const drainBytes = 256 * 1024;

function bytesOf(chunk: Chunk): Buffer {
  return typeof chunk === 'string'
    ? Buffer.from(chunk)
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** The chunks that were read ahead, then the others; gives other connections a turn between two of them. */
async function* rest(
  ahead: readonly Buffer[],
  chunks: AsyncIterator<Chunk> | Iterator<Chunk>,
): AsyncGenerator<Buffer> {
  try {
    yield* ahead;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      yield bytesOf(next.value);
      await setImmediate();
    }
  } finally {
    await chunks.return?.();
  }
}

/** A small body as one buffer, a large one as a stream that is pulled as fast as the client reads. */
async function bodyOf(body: NonNullable<ApiAnswer['body']>): Promise<Buffer | Readable> {
  if (typeof body === 'string' || body instanceof Uint8Array) return bytesOf(body);
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  const ahead: Buffer[] = [];
  let length = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    const chunk = bytesOf(next.value);
    ahead.push(chunk);
    length += chunk.length;
    if (length > wholeBytes) return Readable.from(rest(ahead, chunks), { objectMode: false });
  }
  return Buffer.concat(ahead, length);
}

/** True when the client has still much to send of a request that nobody reads any more. */
function leavesMuchUnread(context: Context): boolean {
  const { req } = context;
  if (req.complete) return false;
  const announced = req.headers['content-length'];
  return announced === undefined
    ? req.headers['transfer-encoding'] !== undefined
    : Number(announced) > drainBytes;
}

/** Puts an answer on the wire: headers, compression, framing. */
export async function send(context: Context, answer: ApiAnswer): Promise<void> {
  const { req, res } = context;
  const hasBody = answer.body !== undefined && answer.body !== '' && context.method !== 'HEAD';
  const encoding = hasBody ? acceptedEncoding(req.headers['accept-encoding']) : undefined;
  let body = hasBody ? await bodyOf(answer.body!) : undefined;
  if (Buffer.isBuffer(body) && body.length === 0) body = undefined;
  if (encoding !== undefined && body !== undefined) {
    body = Buffer.isBuffer(body) ? await compressWhole(body, encoding) : body;
  }

  context.status = answer.status;
  if (encoding !== undefined && body !== undefined) context.set('Content-Encoding', encoding);
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    context.set(name, typeof value === 'string' ? value : [...value]);
  }
  context.set('Vary', 'Accept-Encoding');
  // The original never names the connection's persistence, and HTTP/1.1 need not.
  if (leavesMuchUnread(context)) context.set('Connection', 'close');
  else if (res.shouldKeepAlive && !res.hasHeader('Connection')) res.removeHeader('Connection');

  if (body === undefined) {
    // Koa drops the type of an empty body; DELETE answers have one. Only here: koa also drops the chunked encoding.
    context.body = null;
    context.status = answer.status;
    if (answer.type !== undefined && answer.status !== 204 && answer.status !== 304) {
      context.respond = false;
      res.setHeader('Content-Type', answer.type);
      res.end();
    }
    return;
  }
  if (answer.type !== undefined) res.setHeader('Content-Type', answer.type);
  if (Buffer.isBuffer(body)) context.body = body;
  else context.body = encoding === undefined ? body : pipeThrough(body, compressor(encoding));
  if (answer.type === undefined) context.remove('Content-Type');
}

function pipeThrough(source: Readable, through: ReturnType<typeof compressor>): Readable {
  source.on('error', (error) => through.destroy(error));
  through.on('close', () => source.destroy());
  return source.pipe(through);
}
