// SPDX-License-Identifier: Apache-2.0

import { createHash, timingSafeEqual } from 'node:crypto';
import { md5Crypt } from './md5-crypt.js';

/**
 * The bcrypt hash of a password with the prefix, cost and salt of another hash, empty when that is none; worked out on
 * another thread.
 */
export type Bcrypt = (password: string, setting: string) => Promise<string>;

/** What is compared for users that do not exist, so that they take as long as others: nobody's password. */
export const nobodysHash = '$apr1$........$qccCxgKjz5z1Kv9O/4Kr..';

/** Texts of any lengths, compared in a time that says nothing of them. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a password has a hash of an htpasswd file: `{SHA}` (SHA-1), bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`), else
 * MD5-crypt (`$1$`, `$apr1$`). Plain text and DES are not taken. Never holds the event loop: bcrypt is worked out on
 * another thread, MD5-crypt in slices.
 */
export async function verifyPassword(password: string, hash: string, bcrypt: Bcrypt): Promise<boolean> {
  if (hash.startsWith('{SHA}')) {
    return sameText(createHash('sha1').update(password).digest('base64'), hash.slice('{SHA}'.length));
  }
  if (/^\$2[abxy]\$/.test(hash)) {
    // To the library it is the end of the text; nobody's password has one.
    if (password.includes('\0')) return false;
    // The prefixes tell of bugs of other implementations; the library would repeat those of `$2x$`.
    const likewise = hash.replace(/^\$2[axy]\$/, '$2b$');
    const made = await bcrypt(password, likewise);
    return sameText(made, likewise) && made !== '';
  }
  const made = await md5Crypt(password, hash);
  return sameText(made ?? '', hash) && made !== undefined;
}
