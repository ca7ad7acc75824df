// SPDX-License-Identifier: Apache-2.0

import { promisify } from 'node:util';
import { createDeflate, createGzip, deflate, type Gzip, gzip } from 'node:zlib';

export type Encoding = 'gzip' | 'deflate';

/** The first of gzip and deflate that `Accept-Encoding` lists; one with weight 0 is not meant. */
export function acceptedEncoding(header: string | undefined): Encoding | undefined {
  for (const part of (header ?? '').split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (name !== 'gzip' && name !== 'deflate') continue;
    if (parameters.some((text) => /^q=0(\.0*)?$/.test(text))) continue;
    return name;
  }
  return undefined;
}

const wholly = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** Compresses a body that is held as a whole. `deflate` is the zlib format (RFC 9110 §8.4.1.2). */
export function compressWhole(body: Uint8Array, encoding: Encoding): Promise<Buffer> {
  return wholly[encoding](body);
}

/** A stream that compresses; level 1, since what is large goes out once and at wire speed. */
export function compressor(encoding: Encoding): Gzip {
  return encoding === 'gzip' ? createGzip({ level: 1 }) : (createDeflate({ level: 1 }) as Gzip);
}
