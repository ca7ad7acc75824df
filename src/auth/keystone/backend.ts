// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { SkydiveError } from '../../errors.js';
import type { Backend, Session } from '../authenticator.js';
import { Throttle } from '../password/throttle.js';
import { loginV2, loginV3, revokeV2, revokeV3, validateV2, validateV3 } from './api.js';
import { KeystoneAway, KeystoneServers } from './servers.js';

export interface KeystoneOptions {
  /** One or more addresses of the same identity service. */
  readonly urls: readonly string[];
  readonly tenant: string;
  /** Empty selects version 2 of the API. */
  readonly domain: string;
  readonly now?: () => number;
}

/** How long a validated token is believed: so late may a revocation at Keystone take effect here. */
const cacheMs = 10_000;
const maxCached = 10_000;

interface Cached {
  readonly user: string;
  readonly until: number;
}

/** Backend `keystone`: tokens are Keystone's own. */
export class KeystoneBackend implements Backend {
  readonly #options: KeystoneOptions;
  readonly #servers: KeystoneServers;
  readonly #throttle: Throttle;
  readonly #now: () => number;
  /** Digest of a token → who it is. */
  readonly #cache = new Map<string, Cached>();
  readonly #asking = new Map<string, Promise<string>>();

  constructor(options: KeystoneOptions) {
    this.#options = options;
    this.#servers = new KeystoneServers(options.urls);
    this.#now = options.now ?? (() => performance.now());
    this.#throttle = new Throttle(this.#now);
  }

  async authenticate(credential: string): Promise<string> {
    if (credential === '') throw new SkydiveError('SKY_E_UNAUTHORIZED', 'No token provided');
    // A token is a header and a part of a path: nothing else may come with it.
    if (!/^[\x21-\x7e]{1,8192}$/.test(credential))
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Invalid token');
    const digest = digestOf(credential);
    const known = this.#cache.get(digest);
    if (known !== undefined && known.until > this.#now()) return known.user;
    this.#cache.delete(digest);
    // Requests that come together ask once.
    const asking = this.#asking.get(digest) ?? this.#validate(credential, digest);
    this.#asking.set(digest, asking);
    return asking.finally(() => this.#asking.delete(digest));
  }

  async login(username: string, password: string, from: string): Promise<Session> {
    const { tenant, domain } = this.#options;
    this.#throttle.check(username, from);
    this.#throttle.failed(username, from);
    const login = domain === '' ? loginV2 : loginV3;
    let token: string;
    try {
      token = await login(this.#servers, { username, password, tenant, domain });
    } catch (error) {
      // Nobody guessed anything while Keystone was away.
      if (error instanceof KeystoneAway) this.#throttle.succeeded(username, from);
      throw error;
    }
    this.#throttle.succeeded(username, from);
    return { user: await this.#validate(token, digestOf(token)), token };
  }

  async logout(credential: string): Promise<void> {
    this.#cache.delete(digestOf(credential));
    if (credential === '') return;
    await (this.#options.domain === '' ? revokeV2 : revokeV3)(this.#servers, credential);
  }

  async #validate(token: string, digest: string): Promise<string> {
    const { tenant, domain } = this.#options;
    const identity = await (domain === '' ? validateV2 : validateV3)(this.#servers, token);
    if (identity.tenant !== tenant) throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Tenant mismatch');
    if (domain !== '' && identity.domain !== domain)
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Domain mismatch');
    const lifeMs = Math.min(cacheMs, identity.expiresAt - Date.now());
    if (lifeMs <= 0) throw new SkydiveError('SKY_E_UNAUTHORIZED', 'The token has expired');
    this.#cache.set(digest, { user: identity.user, until: this.#now() + lifeMs });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= maxCached) break;
      this.#cache.delete(oldest);
    }
    return identity.user;
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
