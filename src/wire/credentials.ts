// SPDX-License-Identifier: Apache-2.0

export interface Credentials {
  /** A token that was obtained before: goes into the cookie `authtoken`. */
  readonly token?: string;
  /** Without a token: basic authentication. */
  readonly username?: string;
  readonly password?: string;
  /** `http.cookie`. */
  readonly cookies?: Readonly<Record<string, string>>;
}

/**
 * The header lines with which the original's clients identify themselves. There is always a `Cookie`, possibly empty;
 * each cookie, the last one too, is followed by `; `.
 */
export function credentialHeaders(credentials: Credentials): Readonly<Record<string, string>> {
  const { token, username, password = '', cookies = {} } = credentials;
  const all = Object.entries({ ...(token ? { authtoken: token } : {}), ...cookies });
  const headers: Record<string, string> = {
    Cookie: all.map(([name, value]) => `${name}=${value}; `).join(''),
  };
  if (!token && username) {
    headers['Authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  return headers;
}
