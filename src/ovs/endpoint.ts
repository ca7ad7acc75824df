// SPDX-License-Identifier: Apache-2.0

import { parseAddress } from '../config/address.js';
import { SkydiveError } from '../errors.js';

/** Where a database listens; fit for `net.connect`. */
export type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Reads `unix:///path`, `tcp://host:port` and `host:port`, and the forms of Open vSwitch's own tools: `unix:/path`,
 * `tcp:host:port`. Throws SKY_E_ADDRESS.
 */
export function parseEndpoint(text: string): Endpoint {
  const scheme = /^([a-z]+):(?:\/\/)?(.*)$/.exec(text);
  if (scheme?.[1] === 'unix') {
    const path = scheme[2]!;
    if (path.startsWith('/')) return { path };
    throw new SkydiveError(
      'SKY_E_ADDRESS',
      `invalid database address "${text}": the path must be absolute, as in unix:///var/run/openvswitch/db.sock`,
    );
  }
  if (scheme !== null && scheme[1] !== 'tcp' && text.includes('://')) {
    throw new SkydiveError(
      'SKY_E_ADDRESS',
      `invalid database address "${text}": write unix:///path, tcp://host:port or host:port`,
    );
  }
  return parseAddress(scheme?.[1] === 'tcp' ? scheme[2]! : text);
}

export function formatEndpoint(endpoint: Endpoint): string {
  if ('path' in endpoint) return `unix://${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}
