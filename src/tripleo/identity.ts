// SPDX-License-Identifier: Apache-2.0
// Keystone's Identity API v3: version discovery, a token for the undercloud, and the catalog that comes with it.

import { SkydiveError } from '../errors.js';
import { exchange, type Transport } from './exchange.js';
import { listAt, textAt } from './json.js';

export interface Credentials {
  /** As given; `/v2.0` in it means `/v3`. */
  readonly authUrl: string;
  /** Instead of user and password. */
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly projectName?: string | undefined;
}

/** What an authenticated user may speak to. */
export interface Session {
  readonly transport: Transport;
  readonly token: string;
  /** Public endpoint of a service type without a trailing slash; undefined when the catalog has none. */
  endpoint(type: string): string | undefined;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    const what = `auth-url ${text} is not a URL; expected something like http://192.168.24.1:5000/v3`;
    throw new SkydiveError('SKY_E_CONFIG', what, { cause });
  }
}

function below(base: URL, path: string): URL {
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`);
}

/** The v3 address of a Keystone known by its base URL; asks the server which versions it has. */
async function discover(base: URL, transport: Transport): Promise<URL> {
  let address = base;
  for (let hops = 0; hops < 5; hops += 1) {
    const { status, headers, json } = await exchange(transport, { url: address });
    if (headers.location !== undefined && [301, 302, 303, 307, 308].includes(status)) {
      address = new URL(headers.location, address);
      continue;
    }
    const versions = listAt(json, 'versions', 'values');
    const offered = versions.find((version) => /^v3(\.|$)/.test(textAt(version, 'id') ?? ''));
    // Not a list of versions: the server may still have what is asked for, as clients of Keystone assume.
    if (versions.length === 0) break;
    if (offered === undefined) {
      const has = versions.map((version) => textAt(version, 'id')).join(', ');
      const what = `Keystone at ${base.href} has no version 3 of the Identity API, it has ${has}`;
      throw new SkydiveError('SKY_E_CONFIG', what);
    }
    const self = listAt(offered, 'links').find((link) => textAt(link, 'rel') === 'self');
    const link = new URL(textAt(self, 'href') ?? '', address);
    // Behind a proxy that ends TLS Keystone may name itself by an address that is not the caller's.
    if (link.origin === address.origin && link.pathname !== address.pathname) return link;
    break;
  }
  return below(address, '/v3');
}

function nameAndDomain(name: string | undefined) {
  return { name, domain: { id: 'default' } };
}

/** Throws SKY_E_UNAUTHORIZED when Keystone refuses, SKY_E_CONFIG when the address is wrong. */
export async function authenticate(credentials: Credentials, transport: Transport): Promise<Session> {
  const given = parseUrl(credentials.authUrl.replaceAll('/v2.0', '/v3'));
  const v3 = /\/v3\/?$/.test(given.pathname) ? given : await discover(given, transport);
  const { token, username, password, projectName } = credentials;
  const identity = token
    ? { methods: ['token'], token: { id: token } }
    : { methods: ['password'], password: { user: { ...nameAndDomain(username), password } } };
  const scope = projectName ? { scope: { project: nameAndDomain(projectName) } } : {};
  const url = below(v3, '/auth/tokens');
  const body = { auth: { identity, ...scope } };
  const { status, headers, json } = await exchange(transport, { method: 'POST', url, body });
  const issued = headers['x-subject-token'];
  if (status !== 201 || typeof issued !== 'string') {
    const reason = textAt(json, 'error', 'message') ?? 'this is no answer of Keystone';
    const who = token ? 'the token' : `user ${username ?? '(none)'}`;
    const code = status === 401 ? 'SKY_E_UNAUTHORIZED' : 'SKY_E_INTERNAL';
    const what = `Keystone at ${url.href} gave no token for ${who}: ${reason} (HTTP ${status})`;
    throw new SkydiveError(code, what);
  }
  const catalog = listAt(json, 'token', 'catalog');
  return {
    transport,
    token: issued,
    endpoint(type) {
      for (const service of catalog) {
        if (textAt(service, 'type') !== type) continue;
        for (const endpoint of listAt(service, 'endpoints')) {
          const address = textAt(endpoint, 'url');
          if (textAt(endpoint, 'interface') === 'public' && address) return address.replace(/\/+$/, '');
        }
      }
      return undefined;
    },
  };
}
