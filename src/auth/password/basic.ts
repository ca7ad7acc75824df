// SPDX-License-Identifier: Apache-2.0

import { createHmac, randomBytes } from 'node:crypto';
import { SkydiveError } from '../../errors.js';
import type { Backend, Session } from '../authenticator.js';
import { HashTurns } from './hash-turns.js';
import { Throttle } from './throttle.js';
import { type Bcrypt, nobodysHash, sameText, verifyPassword } from './verify.js';

/** Where passwords come from. */
export interface Passwords {
  /** Hash of an htpasswd file; undefined for users that are not there. */
  hashOf?(user: string): Promise<string | undefined>;
  /** A hash to compare with for users that are not there, so that they take as long as others. */
  decoy?(): string | undefined;
  /** Goes with `hashOf`. */
  readonly bcrypt?: Bcrypt;
  /** Clear password of an inline user. */
  clearOf?(user: string): string | undefined;
}

const refused = 'Wrong credentials';
const maxVerified = 10_000;
const maxRevoked = 10_000;

/**
 * Backend `basic`: tokens are base64 of `user:password`, with or without the scheme word before it. Hashing is meant
 * to be slow, and each request carries the password: what was verified is remembered (as a keyed digest, in memory
 * only) as long as the hash stays the same.
 */
export class BasicBackend implements Backend {
  readonly #passwords: Passwords;
  readonly #throttle: Throttle;
  readonly #turns = new HashTurns();
  readonly #key = randomBytes(32);
  /** Digest of a credential → digest of what it was verified against. Who is in stays in while others guess. */
  readonly #verified = new Map<string, string>();
  /** Digest of a credential that is being looked at. */
  readonly #verifying = new Map<string, Promise<void>>();
  /** Digests of tokens that were logged out. */
  readonly #revoked = new Set<string>();

  constructor(passwords: Passwords, throttle = new Throttle()) {
    this.#passwords = passwords;
    this.#throttle = throttle;
  }

  async authenticate(credential: string, from: string): Promise<string> {
    const token = withoutScheme(credential);
    const pair = decode(token);
    if (pair === undefined) throw new SkydiveError('SKY_E_UNAUTHORIZED', refused);
    // A token that stands alone is a session's; `Basic …` brings the password itself each time.
    if (token === credential && this.#revoked.has(this.#digest(token))) {
      throw new SkydiveError('SKY_E_UNAUTHORIZED', refused);
    }
    await this.#verify(pair.user, pair.password, from);
    return pair.user;
  }

  async login(username: string, password: string, from: string): Promise<Session> {
    await this.#verify(username, password, from);
    const token = Buffer.from(`${username}:${password}`).toString('base64');
    this.#revoked.delete(this.#digest(token));
    return { user: username, token };
  }

  logout(credential: string): void {
    this.#revoked.add(this.#digest(withoutScheme(credential)));
    for (const oldest of this.#revoked) {
      if (this.#revoked.size <= maxRevoked) break;
      this.#revoked.delete(oldest);
    }
  }

  async #verify(user: string, password: string, from: string): Promise<void> {
    const clear = this.#passwords.clearOf?.(user);
    const hash = await this.#passwords.hashOf?.(user);
    const digest = this.#digest(`${from} ${user}:${password}`);
    const known = hash ?? clear;
    if (known !== undefined && this.#verified.get(digest) === this.#digest(known)) {
      this.#throttle.check(user, from, true);
      return;
    }
    // A page asks for many things at once with one password: it is looked at once.
    const verifying = this.#verifying.get(digest) ?? this.#compare(user, password, from, clear, hash, digest);
    this.#verifying.set(digest, verifying);
    await verifying.finally(() => this.#verifying.delete(digest));
  }

  async #compare(
    user: string,
    password: string,
    from: string,
    clear: string | undefined,
    hash: string | undefined,
    digest: string,
  ): Promise<void> {
    this.#throttle.check(user, from);
    this.#throttle.failed(user, from);
    const { hashOf, bcrypt = noBcrypt } = this.#passwords;
    const right =
      hashOf !== undefined
        ? await this.#turns.take(from, () =>
            verifyPassword(password, hash ?? this.#passwords.decoy?.() ?? nobodysHash, bcrypt),
          )
        : sameText(password, clear ?? '') && clear !== undefined;
    if (!right || (hash ?? clear) === undefined) throw new SkydiveError('SKY_E_UNAUTHORIZED', refused);
    this.#throttle.succeeded(user, from);
    this.#verified.set(digest, this.#digest(hash ?? clear ?? ''));
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= maxVerified) break;
      this.#verified.delete(oldest);
    }
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

/** Files without bcrypt need none. */
const noBcrypt: Bcrypt = () => Promise.resolve('');

/** The last word: `Basic dTpw` and `dTpw` are the same. */
function withoutScheme(credential: string): string {
  const at = credential.indexOf(' ');
  return at < 0 ? credential : credential.slice(at + 1);
}

function decode(token: string): { user: string; password: string } | undefined {
  if (token === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined;
  const text = Buffer.from(token, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
