// SPDX-License-Identifier: Apache-2.0

import { BlockList, isIP } from 'node:net';
import type { MetadataValue } from '../graph/element.js';
import { isMap } from '../graph/metadata.js';

/** Where a node would send a packet. */
export interface NextHopRecord {
  readonly Priority: number;
  readonly IP?: string;
  readonly MAC?: string;
  readonly IfIndex: number;
}

interface Hop {
  readonly ip: string;
  readonly ifIndex: number;
}

function items(value: MetadataValue | undefined): readonly MetadataValue[] {
  return Array.isArray(value) ? (value as readonly MetadataValue[]) : [];
}

function text(value: MetadataValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function firstHop(route: MetadataValue): Hop | undefined {
  const [hop] = isMap(route) ? items(route['NextHops']) : [];
  if (!isMap(hop)) return undefined;
  return { ip: text(hop['IP']), ifIndex: Number(hop['IfIndex'] ?? 0) };
}

/** Whether a prefix (`10.0.0.0/8`) contains an address; a prefix of the other family does not. */
function contains(prefix: string, ip: string): boolean {
  const slash = prefix.indexOf('/');
  const [address, bits] = [prefix.slice(0, slash), Number(prefix.slice(slash + 1))];
  const family = isIP(address);
  if (slash < 0 || family === 0 || family !== isIP(ip) || !Number.isInteger(bits)) return false;
  if (bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, bits, type);
  return list.check(ip, type);
}

/** In one table: the first route to the address through a router, else a directly connected one, else the default. */
function hopOfTable(table: MetadataValue, ip: string): Hop | undefined {
  let direct: Hop | undefined;
  let fallback: Hop | undefined;
  for (const route of isMap(table) ? items(table['Routes']) : []) {
    const prefix = isMap(route) ? text(route['Prefix']) : '';
    const hop = firstHop(route);
    if (hop === undefined || !contains(prefix, ip)) continue;
    if (prefix.endsWith('/0')) fallback ??= hop;
    else if (hop.ip !== '') return hop;
    else direct ??= { ip, ifIndex: hop.ifIndex };
  }
  return direct ?? fallback;
}

function macOf(neighbours: MetadataValue | undefined, { ip, ifIndex }: Hop): string {
  const same = items(neighbours).filter((one) => isMap(one) && one['IP'] === ip);
  const [found] = [...same.filter((one) => isMap(one) && one['IfIndex'] === ifIndex), ...same];
  return isMap(found) ? text(found['MAC']) : '';
}

/** Where a node with these routing tables and neighbours sends packets for an address; undefined: nowhere. */
export function nextHop(
  tables: MetadataValue | undefined,
  neighbours: MetadataValue | undefined,
  ip: string,
): NextHopRecord | undefined {
  for (const table of items(tables)) {
    const hop = hopOfTable(table, ip);
    if (hop === undefined) continue;
    const mac = macOf(neighbours, hop);
    return {
      Priority: 0,
      ...(hop.ip === '' ? {} : { IP: hop.ip }),
      ...(mac === '' ? {} : { MAC: mac }),
      IfIndex: hop.ifIndex,
    };
  }
  return undefined;
}
