// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../../../graph/element.js';
import type { RouteFacts } from '../../../native/netlink-monitor.js';

interface Hop {
  readonly Priority: number;
  readonly IP?: string;
  readonly IfIndex: number;
}

interface Table {
  readonly src: string | null;
  readonly routes: Map<string, { readonly protocol: number; readonly prefix: string; readonly hops: Hop[] }>;
}

/**
 * `RoutingTables` of an interface (probes.md §4.6): its routes by kernel table, in ascending order of the table's
 * id. The next hops of a prefix are unique by address.
 */
export function routingTables(index: number, routes: readonly RouteFacts[]): MetadataValue[] {
  const tables = new Map<number, Table>();
  for (const route of routes) {
    let table = tables.get(route.table);
    if (table === undefined) {
      table = { src: route.source ?? null, routes: new Map() };
      tables.set(route.table, table);
    }
    const prefix = route.destination ?? (route.family === 4 ? '0.0.0.0/0' : '::/0');
    const key = `${route.protocol} ${prefix}`;
    let same = table.routes.get(key);
    if (same === undefined) {
      same = { protocol: route.protocol, prefix, hops: [] };
      table.routes.set(key, same);
    }
    if (same.hops.some((hop) => hop.IP === route.gateway)) continue;
    same.hops.push({
      Priority: route.priority ?? 0,
      ...(route.gateway !== undefined && { IP: route.gateway }),
      IfIndex: index,
    });
  }
  return [...tables]
    .sort(([a], [b]) => a - b)
    .map(([id, table]) => ({
      ID: id,
      Src: table.src,
      Routes: [...table.routes.values()].map(({ protocol, prefix, hops }) => ({
        Protocol: protocol,
        Prefix: prefix,
        NextHops: hops as unknown as MetadataValue,
      })),
    }));
}
