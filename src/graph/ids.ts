// SPDX-License-Identifier: Apache-2.0

import { createHash, randomFillSync } from 'node:crypto';

/**
 * How byte 8 of a generated UUID is marked. `R` (release 0.28.0) sets 4–7, `T` (the later tree) what RFC 4122 asks.
 * Analyzers of one cluster that compute the same static id have to agree.
 */
export type IdVariant = 'R' | 'T';

const namespaceOid = Buffer.from('6ba7b8129dad11d180b400c04fd430c8', 'hex');
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const pool = new Uint8Array(16 * 256);
let used = pool.length;
let variant: IdVariant = 'R';

/** Chooses the variant for the whole process; `R` until called. */
export function selectIdVariant(chosen: IdVariant): void {
  variant = chosen;
}

/** A random id (UUID version 4). */
export function generateId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = format(pool, used, 0x40);
  used += 16;
  return text;
}

/** The id of a name: SHA-1 of namespace OID and name (UUID version 5). */
export function v5(name: string): string {
  return format(createHash('sha1').update(namespaceOid).update(name, 'utf8').digest(), 0, 0x50);
}

/** The id of parts joined with `/`; random without parts. */
export function idOf(...parts: readonly string[]): string {
  return parts.length === 0 ? generateId() : v5(parts.join('/'));
}

function format(bytes: Uint8Array, at: number, version: number): string {
  const marked = bytes[at + 8]!;
  bytes[at + 6] = (bytes[at + 6]! & 0x0f) | version;
  bytes[at + 8] = variant === 'R' ? (marked | 0x40) & 0x7f : (marked & 0x3f) | 0x80;
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += hex[bytes[at + i]!];
  }
  return text;
}
