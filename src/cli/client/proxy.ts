// SPDX-License-Identifier: Apache-2.0

import { request } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Address, formatAddress } from '../../config/address.js';
import { CommandFailure } from '../failure.js';

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** `Proxy-Authorization` where the address of the proxy carries credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function family(host: string): 'ipv4' | 'ipv6' {
  return isIP(host) === 6 ? 'ipv6' : 'ipv4';
}

function isInRange(host: string, entry: string): boolean {
  const [network = '', prefix = ''] = entry.split('/');
  if (isIP(host) === 0 || isIP(network) !== isIP(host) || !/^\d+$/.test(prefix)) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(prefix), family(network));
  return range.check(host, family(host));
}

/** NO_PROXY: `*`, hosts and domains with or without leading dot or port, addresses and CIDR ranges. */
function isExempt(address: Address, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return isInRange(address.host, entry);
      const [, name = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (port !== undefined && Number(port) !== address.port) return false;
      const host = address.host.toLowerCase();
      const domain = name.replace(/^\*?\./, '');
      return host.endsWith(`.${domain}`) || (host === domain && !name.startsWith('.'));
    });
}

/**
 * The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for an address (in either case), by the rules of Go
 * programs: this host is never reached through one.
 */
export function proxyFor(scheme: 'http' | 'https', address: Address, env: Environment): Proxy | undefined {
  const named = variable(env, scheme === 'http' ? 'HTTP_PROXY' : 'HTTPS_PROXY');
  if (named === '') return undefined;
  if (address.host === 'localhost' || address.host === '::1' || address.host.startsWith('127.'))
    return undefined;
  if (isExempt(address, variable(env, 'NO_PROXY'))) return undefined;
  let url: URL;
  try {
    url = new URL(named.includes('://') ? named : `http://${named}`);
  } catch (error) {
    throw new CommandFailure(`invalid proxy address "${named}": write http://host:port`, { cause: error });
  }
  if (url.protocol !== 'http:') {
    throw new CommandFailure(
      `the proxy ${url.host} is not reached over plain http, which is all that is supported`,
    );
  }
  const user = decodeURIComponent(url.username);
  const credentials = Buffer.from(`${user}:${decodeURIComponent(url.password)}`).toString('base64');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    headers: user === '' ? {} : { 'Proxy-Authorization': `Basic ${credentials}` },
  };
}

/** A connection through the proxy to the address (CONNECT, RFC 9110 §9.3.6). */
export function tunnel(proxy: Proxy, address: Address): Promise<Duplex> {
  const path = formatAddress(address);
  return new Promise((resolve, reject) => {
    request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path,
      headers: { Host: path, ...proxy.headers },
    })
      .on('connect', (answer, socket) => {
        if (answer.statusCode === 200) resolve(socket);
        else {
          socket.destroy();
          const status = `${answer.statusCode} ${answer.statusMessage}`;
          reject(
            new CommandFailure(
              `the proxy ${proxy.host}:${proxy.port} refused to connect to ${path}: ${status}`,
            ),
          );
        }
      })
      .on('error', reject)
      .end();
  });
}
