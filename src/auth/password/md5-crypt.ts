// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Which bytes of the digest make up each group of four characters. */
const groups = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;
const rounds = 1000;
/** Rounds between two turns of the event loop: some tenths of a millisecond. */
const slice = 100;

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function encode(value: number, characters: number): string {
  let text = '';
  for (let rest = value, at = 0; at < characters; at++, rest >>>= 6) text += alphabet[rest & 63];
  return text;
}

/**
 * MD5-crypt as FreeBSD's libcrypt has it (`$1$`), and Apache's variant with another magic (`$apr1$`): the whole hash
 * of a password with the magic and salt of another hash. Undefined when that is not of this kind.
 */
export async function md5Crypt(password: string, like: string): Promise<string | undefined> {
  const [, magic, salt] = /^(\$1\$|\$apr1\$)([^$]{0,8})/.exec(like) ?? [];
  if (magic === undefined || salt === undefined) return undefined;
  const [word, saltBytes] = [Buffer.from(password), Buffer.from(salt)];
  const alternate = md5(word, saltBytes, word);
  const first: Uint8Array[] = [word, Buffer.from(magic), saltBytes];
  for (let left = word.length; left > 0; left -= 16) first.push(alternate.subarray(0, Math.min(16, left)));
  // A quirk of the first implementation: zero bytes and first characters, by the bits of the length.
  for (let bits = word.length; bits > 0; bits >>= 1) {
    first.push((bits & 1) === 1 ? Buffer.from([0]) : word.subarray(0, 1));
  }
  let digest = md5(...first);
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && round % slice === 0) await setImmediate();
    const odd = (round & 1) === 1;
    const parts: Uint8Array[] = [odd ? word : digest];
    if (round % 3 !== 0) parts.push(saltBytes);
    if (round % 7 !== 0) parts.push(word);
    parts.push(odd ? digest : word);
    digest = md5(...parts);
  }
  const text = groups.map(([a, b, c]) => encode((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4));
  return `${magic}${salt}$${text.join('')}${encode(digest[11]!, 2)}`;
}
