// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { type Credentials, credentialHeaders } from './credentials.js';

/** What an agent or analyzer sends to the analyzers it connects to. */
export function clusterCredentials(
  config: Config,
  service: 'agent' | 'analyzer',
): Readonly<Record<string, string>> {
  const credentials: Credentials = {
    username: config.getString(`${service}.auth.cluster.username`),
    password: config.getString(`${service}.auth.cluster.password`),
    cookies: Object.fromEntries(
      Object.entries(config.getMap('http.cookie')).map(([name, value]) => [name, String(value)]),
    ),
  };
  return credentialHeaders(credentials);
}
