// SPDX-License-Identifier: Apache-2.0

import { createHash, timingSafeEqual } from 'node:crypto';
import { md5Crypt } from './md5-crypt.js';

/** What is compared for users that do not exist, so that they take as long as others: nobody's password. */
export const nobodysHash = '$apr1$........$qccCxgKjz5z1Kv9O/4Kr..';

/** Texts of any lengths, compared in a time that says nothing of them. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a password has a hash of an htpasswd file: `{SHA}` (SHA-1), bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`), else
 * MD5-crypt (`$1$`, `$apr1$`). Plain text and DES are not taken.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (hash.startsWith('{SHA}')) {
    return sameText(createHash('sha1').update(password).digest('base64'), hash.slice('{SHA}'.length));
  }
  if (/^\$2[abxy]\$/.test(hash)) {
    const { compare } = await import('bcryptjs');
    // The prefixes differ in bugs of implementations that this one never had.
    return compare(password, hash.replace(/^\$2[xy]\$/, '$2b$')).catch(() => false);
  }
  const made = md5Crypt(password, hash);
  return sameText(made ?? '', hash) && made !== undefined;
}
