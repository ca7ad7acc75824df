// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { SkydiveError } from '../errors.js';

/** Where a service listens or is reached. `host` has no brackets, also for IPv6. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const wellKnown: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Reads `8082` and `:8082` (localhost), `host:port` and `[v6]:port`; a port may be a service name.
 * Throws SKY_E_ADDRESS on anything else.
 */
export function parseAddress(text: string): Address {
  const { host, port } = split(text.trim());
  return { host: host === '' ? 'localhost' : host, port: portNumber(text, port) };
}

/** The address as `parseAddress` reads it, brackets around IPv6. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function split(text: string): { host: string; port: string } {
  if (!/[.:]/.test(text)) return { host: '', port: text };
  const bracketed = /^\[([0-9a-fA-F:.]+(?:%[^\]]+)?)\]:([^:\]]+)$/.exec(text);
  if (bracketed) return { host: bracketed[1]!, port: bracketed[2]! };
  const plain = /^([^:[\]/\s]*):([^:]+)$/.exec(text);
  if (plain) return { host: plain[1]!, port: plain[2]! };
  const colons = text.split(':').length - 1;
  if (colons > 1) throw refuse(text, 'an IPv6 address needs brackets: [::1]:8082');
  throw refuse(text, colons === 0 ? 'the port is missing' : 'it is not host:port');
}

function portNumber(text: string, port: string): number {
  if (/^\d+$/.test(port)) {
    if (Number(port) <= 65535) return Number(port);
    throw refuse(text, 'a port is at most 65535');
  }
  const number = wellKnown[port] ?? servicePort(port);
  if (number === undefined) throw refuse(text, `${port === '' ? 'no' : 'unknown'} port ${port}`.trim());
  return number;
}

/** Port of a service name in /etc/services; undefined when there is none, or no such file. */
function servicePort(name: string): number | undefined {
  let table: string;
  try {
    table = readFileSync('/etc/services', 'utf8');
  } catch {
    return undefined;
  }
  for (const line of table.split('\n')) {
    const [first, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (port !== undefined && (first === name || aliases.includes(name))) return Number.parseInt(port, 10);
  }
  return undefined;
}

function refuse(text: string, why: string): SkydiveError {
  return new SkydiveError(
    'SKY_E_ADDRESS',
    `invalid service address "${text}": ${why}; write host:port, [v6]:port, :port or port`,
  );
}
