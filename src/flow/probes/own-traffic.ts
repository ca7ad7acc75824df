// SPDX-License-Identifier: Apache-2.0

import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../config/address.js';
import type { Config } from '../../config/key.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { Capture } from '../capture.js';
import { type Resolve, resolveName } from './target.js';

/**
 * The expression that a probe captures by: what the capture says, without what Skydive itself sends to analyzers and
 * to the capture's target, which would otherwise make flows of its own flows. Undefined: everything. Names are looked
 * up here, since libpcap would stop the process for that.
 */
export async function filterWithoutOwnTraffic(
  capture: Pick<Capture, 'BPFFilter' | 'Target' | 'TargetType'>,
  config: Config,
  logger: Logger,
  resolve: Resolve = resolveName,
): Promise<string | undefined> {
  const own: Own[] = config.getList('analyzers').map(parseAddress);
  // Mirrored packets have no port: left in, each would be mirrored again.
  if (capture.Target)
    own.push({ ...parseAddress(capture.Target), mirrored: capture.TargetType === 'erspanv1' });
  const exclusions = (await Promise.all(own.map((address) => exclusionsOf(address, logger, resolve)))).flat();
  if (capture.TargetType === 'erspanv1') exclusions.push(...mirroredByOthers);
  const parts = [...new Set(exclusions)];
  if (capture.BPFFilter) parts.unshift(`(${capture.BPFFilter})`);
  return parts.length === 0 ? undefined : parts.join(' and ');
}

/** Two captures that mirror what the other one mirrored would never end. */
const mirroredByOthers = [
  'not (ip proto 47 and ip[22:2] = 0x88be)',
  'not (ip6 proto 47 and ip6[42:2] = 0x88be)',
];

/** Where Skydive sends to: datagrams and connections to a port, or packets mirrored by GRE. */
interface Own extends Address {
  readonly mirrored?: boolean;
}

async function exclusionsOf(
  { host, port, mirrored }: Own,
  logger: Logger,
  resolve: Resolve,
): Promise<readonly string[]> {
  const literal = host.replace(/%.*/, '');
  const addresses = isIP(literal) === 0 ? await addressesOf(host, logger, resolve) : [literal];
  const what = mirrored === true ? 'proto 47' : `port ${port}`;
  return addresses.map((address) =>
    port === 0 ? `not host ${address}` : `not (host ${address} and ${what})`,
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
