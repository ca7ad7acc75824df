// SPDX-License-Identifier: Apache-2.0

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseAddress } from '../../config/address.js';
import { messageOf } from '../../errors.js';
import type { NativeCaptureTarget } from '../../native/capture-target.js';
import type { Capture } from '../capture.js';
import type { CapturedNode, FlowProbeContext } from './probe.js';

/** Values of a capture's `TargetType`; `local`, or none, is the analyzer. */
const targetTypes = ['netflowv5', 'erspanv1', 'ipfix'] as const;

type TargetType = (typeof targetTypes)[number];

/** Addresses of a host name; injected by tests. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export const resolveName: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** Undefined for the analyzer. Throws when there is no such type. */
function targetTypeOf({ TargetType = '' }: Pick<Capture, 'TargetType'>): TargetType | undefined {
  if (TargetType === '' || TargetType === 'local') return undefined;
  const found = targetTypes.find((type) => type === TargetType);
  if (found === undefined) {
    throw new Error(`TargetType: there is no ${TargetType}; there are local, ${targetTypes.join(', ')}`);
  }
  return found;
}

/**
 * The capture's target with its name looked up, IPv4 before IPv6; undefined for the analyzer. Rejects with a text for
 * the operator that names the field.
 */
export async function targetOf(
  capture: Capture,
  node: CapturedNode,
  resolve: Resolve = resolveName,
): Promise<NativeCaptureTarget | undefined> {
  const type = targetTypeOf(capture);
  if (type === undefined) return undefined;
  const { Target = '' } = capture;
  if (Target === '') throw new Error(`Target: it is empty, ${type} needs host:port`);
  const { host, port } = await named('Target', () => parseAddress(Target));
  if (port === 0 && type !== 'erspanv1') throw new Error(`Target: ${Target} has no port to send to`);
  const address = await named('Target', () => literalOf(host, resolve));
  const index = node.metadata['IfIndex'];
  return {
    type,
    address,
    port,
    interfaceIndex: typeof index === 'number' ? index : 0,
    domain: domainOf(`${node.tid} ${capture.UUID}`),
  };
}

/** The same for captures that have flows only. */
export async function flowTargetOf({
  capture,
  node,
}: FlowProbeContext): Promise<NativeCaptureTarget | undefined> {
  const target = await targetOf(capture, node);
  if (target?.type === 'erspanv1') {
    throw new Error(
      'TargetType: erspanv1 needs packets, which this capture does not have: use afpacket or pcap',
    );
  }
  return target;
}

/** Runs something; the name of the field goes before what went wrong. */
async function named<T>(field: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new Error(`${field}: ${messageOf(error)}`, { cause: error });
  }
}

/** The address of a host in digits, IPv4 rather than IPv6. Rejects when it has none. */
export async function literalOf(host: string, resolve: Resolve = resolveName): Promise<string> {
  if (isIP(host.replace(/%.*/, '')) !== 0) return host;
  const addresses = await resolve(host);
  const address = addresses.find((candidate) => isIP(candidate) === 4) ?? addresses[0];
  if (address === undefined) throw new Error(`${host} has no address`);
  return address;
}

/** FNV-1a: collectors number the losses of each domain of a host by itself. */
function domainOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
