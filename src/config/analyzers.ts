// SPDX-License-Identifier: Apache-2.0

import { type Address, formatAddress, parseAddress } from './address.js';
import type { Config } from './key.js';

/**
 * The addresses of `analyzers`, in a new order at each call, so that agents spread over them. None on an agent means
 * that it stands alone, on an analyzer that it has no peers to replicate with. Throws SKY_E_ADDRESS.
 */
export function analyzerAddresses(config: Config, random: () => number = Math.random): Address[] {
  const addresses = config.getList('analyzers').map(parseAddress);
  for (let last = addresses.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = addresses[last]!;
    addresses[last] = addresses[other]!;
    addresses[other] = moved;
  }
  return addresses;
}

const externalPort = 12379;

/**
 * URLs of the key-value store for an analyzer: `etcd.servers`; else one of `analyzers` (this host if none) with the
 * port of `etcd.listen` when it is embedded, 12379 when not. Throws SKY_E_ADDRESS.
 */
export function etcdEndpoints(config: Config, random: () => number = Math.random): string[] {
  const servers = config.getList('etcd.servers');
  if (servers.length > 0) return [...servers];
  const host = analyzerAddresses(config, random)[0]?.host ?? '127.0.0.1';
  const port = config.getBool('etcd.embedded')
    ? parseAddress(config.getString('etcd.listen')).port
    : externalPort;
  return [`http://${formatAddress({ host, port })}`];
}
