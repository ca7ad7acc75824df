// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';
import type { EtcdAnswer, EtcdServers } from './servers.js';

/** What etcd says to requests without a token, or with one that it has forgotten. */
const needsLogin = /etcdserver: (user name is empty|invalid auth token)/;

/**
 * Requests to the JSON gateway of API v3. Where etcd asks for a user, it logs in and goes on with the token that it gets,
 * which lives some minutes (etcd documentation v3.4, "Role-based access control").
 */
export class V3Session {
  readonly servers: EtcdServers;
  /** `/v3` from 3.4 on, `/v3beta` in 3.3. */
  readonly prefix: string;
  #token: Promise<string> | undefined;

  constructor(servers: EtcdServers, prefix: string) {
    this.servers = servers;
    this.prefix = prefix;
  }

  /** The whole answer to a POST, whatever its status. Rejects with SKY_E_STORE, SKY_E_CONFIG for a user that is refused. */
  async answer(path: string, body: object): Promise<EtcdAnswer> {
    const token = this.#token;
    const answer = await this.#post(path, body, await token);
    if (answer.status === 200 || !needsLogin.test(answer.text)) return answer;
    return this.#post(path, body, await this.renew(token));
  }

  /** As `answer`, of which the JSON; rejects with SKY_E_STORE and etcd's words when it refuses. */
  async ask<T>(path: string, body: object): Promise<T> {
    const { status, text } = await this.answer(path, body);
    if (status !== 200) {
      throw new SkydiveError('SKY_E_STORE', `etcd answered ${path} with ${status}: ${errorText(text)}`);
    }
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new SkydiveError('SKY_E_STORE', `etcd answered ${path} without JSON; is it an etcd with API v3?`);
    }
  }

  /** What to send as `Authorization`: the token, empty where none is needed. */
  async authorization(): Promise<string> {
    return (await this.#token) ?? '';
  }

  /** True when a stream ended for want of a valid token: it may be tried again. */
  async renewFor(message: string): Promise<boolean> {
    if (!needsLogin.test(message)) return false;
    await this.renew(this.#token);
    return true;
  }

  /** Logs in, unless somebody did since `stale` was the token. */
  renew(stale: Promise<string> | undefined): Promise<string> {
    if (this.#token === stale || this.#token === undefined) {
      const fresh = this.#login();
      this.#token = fresh;
      fresh.catch(() => {
        if (this.#token === fresh) this.#token = undefined;
      });
    }
    return this.#token;
  }

  async #login(): Promise<string> {
    const { username, password } = this.servers.credentials;
    if (username === '') {
      throw new SkydiveError('SKY_E_CONFIG', 'etcd asks for a user: set etcd.username and etcd.password');
    }
    const { status, text } = await this.#post('/auth/authenticate', { name: username, password }, undefined);
    const token = status === 200 ? (JSON.parse(text) as { token?: string }).token : undefined;
    if (token !== undefined) return token;
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `etcd refuses the user ${username} (etcd.username): ${errorText(text)}`,
    );
  }

  #post(path: string, body: object, token: string | undefined): Promise<EtcdAnswer> {
    return this.servers.ask({
      method: 'POST',
      path: this.prefix + path,
      body: JSON.stringify(body),
      type: 'application/json',
      authorization: token ?? '',
    });
  }
}

function errorText(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return error ?? message ?? text.slice(0, 200);
  } catch {
    return text.trim().slice(0, 200);
  }
}
