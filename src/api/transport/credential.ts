// SPDX-License-Identifier: Apache-2.0

import type { IncomingHttpHeaders } from 'node:http';

/** Value of a cookie, undefined when the header does not carry it. */
export function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    return pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/**
 * What a client presents, raw: cookie `authtoken`, else `Authorization`, else `X-Auth-Token`, else the query
 * parameter `x-auth-token`; empty when there is none. The first that is there counts, even if it is wrong.
 */
export function credentialOf(headers: IncomingHttpHeaders, query: URLSearchParams): string {
  const token = headers['x-auth-token'];
  return (
    cookie(headers.cookie, 'authtoken') ||
    headers.authorization ||
    (Array.isArray(token) ? token[0] : token) ||
    query.get('x-auth-token') ||
    ''
  );
}
