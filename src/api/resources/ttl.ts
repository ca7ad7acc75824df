// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import { parseDuration } from '../../gremlin/duration.js';

/** Milliseconds of an X-Resource-TTL header; undefined for none (0 and less too). Throws SKY_E_BAD_REQUEST. */
export function parseTtl(header: string | readonly string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined || text === '') return undefined;
  const ttlMs = parseDuration(text);
  if (ttlMs === undefined) {
    throw new SkydiveError(
      'SKY_E_BAD_REQUEST',
      `invalid ttl: time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  return ttlMs > 0 ? ttlMs : undefined;
}
