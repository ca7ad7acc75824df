// SPDX-License-Identifier: Apache-2.0

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../config/address.js';
import type { Config } from '../../config/key.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { Capture } from '../capture.js';

/** Addresses of a host name; injected by tests. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const resolveName: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * The expression that a probe captures by: what the capture says, without what Skydive itself sends to analyzers and
 * to the capture's target, which would otherwise make flows of its own flows. Undefined: everything. Names are looked
 * up here, since libpcap would stop the process for that.
 */
export async function filterWithoutOwnTraffic(
  capture: Pick<Capture, 'BPFFilter' | 'Target'>,
  config: Config,
  logger: Logger,
  resolve: Resolve = resolveName,
): Promise<string | undefined> {
  const own = config.getList('analyzers').map(parseAddress);
  if (capture.Target) own.push(parseAddress(capture.Target));
  const exclusions = (await Promise.all(own.map((address) => exclusionsOf(address, logger, resolve)))).flat();
  const parts = [...new Set(exclusions)];
  if (capture.BPFFilter) parts.unshift(`(${capture.BPFFilter})`);
  return parts.length === 0 ? undefined : parts.join(' and ');
}

async function exclusionsOf(
  { host, port }: Address,
  logger: Logger,
  resolve: Resolve,
): Promise<readonly string[]> {
  const literal = host.replace(/%.*/, '');
  const addresses = isIP(literal) === 0 ? await addressesOf(host, logger, resolve) : [literal];
  return addresses.map((address) =>
    port === 0 ? `not host ${address}` : `not (host ${address} and port ${port})`,
  );
}

async function addressesOf(name: string, logger: Logger, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    logger.warn(`what goes to ${name} is captured too, its address is not known: ${messageOf(error)}`);
    return [];
  }
}
