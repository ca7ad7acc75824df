// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Identity, KeystoneAnswer, KeystoneServers } from './servers.js';

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly tenant: string;
  readonly domain: string;
}

/** POST auth/tokens (Identity API v3, "Password authentication with scoped authorization"): the token's id. */
export async function loginV3(servers: KeystoneServers, login: Login): Promise<string> {
  const domain = { name: login.domain };
  const answer = await servers.ask(
    'POST',
    'auth/tokens',
    {},
    {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: login.username, password: login.password, domain } },
        },
        scope: { project: { name: login.tenant, domain } },
      },
    },
  );
  if (answer.status !== 201 || answer.token === undefined) throw refused(answer);
  return answer.token;
}

/** GET auth/tokens: the token tells of itself. */
export async function validateV3(servers: KeystoneServers, token: string): Promise<Identity> {
  const answer = await servers.ask('GET', 'auth/tokens', { 'X-Auth-Token': token, 'X-Subject-Token': token });
  if (answer.status !== 200) throw refused(answer);
  return {
    user: textAt(answer.body, 'token', 'user', 'name'),
    tenant: textAt(answer.body, 'token', 'project', 'name'),
    domain: textAt(answer.body, 'token', 'project', 'domain', 'name'),
    expiresAt: timeOf(textAt(answer.body, 'token', 'expires_at')),
  };
}

export async function revokeV3(servers: KeystoneServers, token: string): Promise<void> {
  await servers.ask('DELETE', 'auth/tokens', { 'X-Auth-Token': token, 'X-Subject-Token': token });
}

/** POST tokens (Identity API v2.0). */
export async function loginV2(servers: KeystoneServers, login: Login): Promise<string> {
  const answer = await servers.ask(
    'POST',
    'tokens',
    {},
    {
      auth: {
        tenantName: login.tenant,
        passwordCredentials: { username: login.username, password: login.password },
      },
    },
  );
  const token = textAt(answer.body, 'access', 'token', 'id');
  if (answer.status !== 200 || token === '') throw refused(answer);
  return token;
}

/** GET tokens/<id>. */
export async function validateV2(servers: KeystoneServers, token: string): Promise<Identity> {
  const answer = await servers.ask('GET', `tokens/${encodeURIComponent(token)}`, { 'X-Auth-Token': token });
  if (answer.status !== 200) throw refused(answer);
  return {
    user: textAt(answer.body, 'access', 'user', 'username'),
    tenant: textAt(answer.body, 'access', 'token', 'tenant', 'name'),
    domain: '',
    expiresAt: timeOf(textAt(answer.body, 'access', 'token', 'expires')),
  };
}

export async function revokeV2(servers: KeystoneServers, token: string): Promise<void> {
  await servers.ask('DELETE', `tokens/${encodeURIComponent(token)}`, { 'X-Auth-Token': token });
}

function refused(answer: KeystoneAnswer): SkydiveError {
  const why = textAt(answer.body, 'error', 'message');
  return new SkydiveError('SKY_E_UNAUTHORIZED', why === '' ? `Keystone answered ${answer.status}` : why);
}

function textAt(value: unknown, ...path: readonly string[]): string {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return '';
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === 'string' ? at : '';
}

/** A token without a time is taken as one that ends now: only Keystone's word counts. */
function timeOf(text: string): number {
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : at;
}
