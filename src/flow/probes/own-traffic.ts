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
  return addresses.flatMap((address) => {
    if (port === 0) return [`not host ${address}`];
    return mirrored === true ? mirroredTo(address) : [`not (host ${address} and port ${port})`];
  });
}

/** Mirrored packets have no port: left in, each would be mirrored again. So would what says that nobody takes them. */
function mirroredTo(address: string): readonly string[] {
  const refusal = isIP(address) === 4 ? 'icmp[0] = 3 and icmp[17] = 47' : 'icmp6 and ip6[54] = 47';
  return [`not (host ${address} and proto 47)`, `not (src host ${address} and ${refusal})`];
}

async function addressesOf(name: string, logger: Logger, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    logger.warn(`what goes to ${name} is captured too, its address is not known: ${messageOf(error)}`);
    return [];
  }
}
