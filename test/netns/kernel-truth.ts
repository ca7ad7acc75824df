// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Node } from '../../src/graph/element.js';
import type { Graph } from '../../src/graph/graph.js';
import type { ScratchNamespace } from './scratch-namespace.js';

/** What is compared of one interface, keyed by its index: the same shape from `ip` and from the graph. */
export interface InterfaceState {
  readonly name: string;
  readonly type: string;
  readonly encapType: string;
  readonly flags: readonly string[];
  readonly state: string;
  readonly mtu: number;
  readonly mac: string | undefined;
  readonly masterIndex: number | undefined;
  readonly parentIndex: number | undefined;
  readonly netNsId: number | undefined;
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly neighbours: readonly string[];
  readonly fdb: readonly string[];
}

interface IpLink {
  ifindex: number;
  ifname: string;
  flags: string[];
  mtu: number;
  operstate: string;
  link_type: string;
  address?: string;
  master?: string;
  link?: string | null;
  link_index?: number;
  link_netnsid?: number;
  linkinfo?: { info_kind?: string };
}
interface IpAddress {
  ifindex: number;
  addr_info: { local: string; prefixlen: number }[];
}
interface IpHop {
  dev?: string;
  gateway?: string;
  via?: { host: string };
}
interface IpRoute extends IpHop {
  dst: string;
  table?: string;
  protocol?: string;
  nexthops?: IpHop[];
}
interface IpNeighbour {
  dst: string;
  dev: string;
  lladdr?: string;
  state: string[];
}
interface FdbEntry {
  mac: string;
  ifname: string;
  flags: string[];
  dst?: string;
  vlan?: number;
}

const flagNames: Readonly<Record<string, string>> = {
  UP: 'UP',
  BROADCAST: 'BROADCAST',
  LOOPBACK: 'LOOPBACK',
  POINTOPOINT: 'POINTTOPOINT',
  MULTICAST: 'MULTICAST',
};
const operationalStates: Readonly<Record<string, string>> = {
  NOTPRESENT: 'NOT-PRESENT',
  LOWERLAYERDOWN: 'LOWER-LAYER-DOWN',
};

function typeOf(kind: string | undefined): string {
  if (kind === undefined) return 'device';
  return kind === 'tun' ? 'tuntap' : kind;
}

/** `10.0.0.1` → `10.0.0.1/32`, `default` → `0.0.0.0/0`. */
function prefixOf(destination: string, family: 4 | 6): string {
  if (destination === 'default') return family === 4 ? '0.0.0.0/0' : '::/0';
  if (destination.includes('/')) return destination;
  return `${destination}/${family === 4 ? 32 : 128}`;
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}

/** The namespace as iproute2 tells it. */
export async function kernelState(namespace: ScratchNamespace): Promise<Map<number, InterfaceState>> {
  const links = await namespace.json<IpLink>('-d', 'link');
  const addresses = await namespace.json<IpAddress>('addr');
  const routes4 = await namespace.json<IpRoute>('-4', '-N', 'route', 'show', 'table', 'all');
  const routes6 = await namespace.json<IpRoute>('-6', '-N', 'route', 'show', 'table', 'all');
  const neighbours = await namespace.json<IpNeighbour>('neigh');
  const fdb = await namespace.fdb<FdbEntry>();
  const indexOf = new Map(links.map((link) => [link.ifname, link.ifindex]));

  const routes = new Map<number, string[]>();
  const addRoutes = (list: readonly IpRoute[], family: 4 | 6) => {
    for (const route of list) {
      for (const hop of [route, ...(route.nexthops ?? [])]) {
        const index = hop.dev === undefined ? undefined : indexOf.get(hop.dev);
        if (index === undefined) continue;
        const gateway = hop.gateway ?? hop.via?.host ?? '-';
        // What is left out is table main and protocol boot.
        const line = `${route.table ?? 254} ${route.protocol ?? 3} ${prefixOf(route.dst, family)} ${gateway}`;
        routes.set(index, [...(routes.get(index) ?? []), line]);
      }
    }
  };
  addRoutes(routes4, 4);
  addRoutes(routes6, 6);

  links.sort((a, b) => a.ifindex - b.ifindex);
  return new Map(
    links.map((link) => [
      link.ifindex,
      {
        name: link.ifname,
        type: typeOf(link.linkinfo?.info_kind),
        encapType: link.link_type,
        flags: link.flags.flatMap((flag) => flagNames[flag] ?? []).sort(),
        state: operationalStates[link.operstate] ?? link.operstate,
        mtu: link.mtu,
        mac: link.address === '00:00:00:00:00:00' ? undefined : link.address,
        masterIndex: link.master === undefined ? undefined : indexOf.get(link.master),
        parentIndex: link.link_index ?? (link.link ? indexOf.get(link.link) : undefined),
        netNsId: link.link_netnsid,
        addresses: unique(
          (addresses.find(({ ifindex }) => ifindex === link.ifindex)?.addr_info ?? []).map(
            ({ local, prefixlen }) => `${local}/${prefixlen}`,
          ),
        ),
        routes: unique(routes.get(link.ifindex) ?? []),
        neighbours: unique(
          neighbours
            .filter(({ dev }) => dev === link.ifname)
            .map(({ dst, lladdr, state }) => {
              // Where the link has no addresses iproute2 prints what is in its buffer.
              const mac = lladdr?.includes(':') ? lladdr : '-';
              return `${dst} ${mac} ${state.join()}`;
            }),
        ),
        fdb: unique(
          fdb
            .filter(({ ifname }) => ifname === link.ifname)
            .map(({ mac, flags, dst, vlan }) => {
              const self = flags.includes('self') ? 'self' : '';
              return `${mac} ${self} ${dst ?? '-'} ${vlan ?? '-'}`;
            }),
        ),
      },
    ]),
  );
}

type List = readonly MetadataMap[];

function interfaceState({ Metadata: m }: Node): InterfaceState {
  const tables = (m['RoutingTables'] ?? []) as readonly {
    ID: number;
    Routes: { Protocol: number; Prefix: string; NextHops: { IP?: string }[] }[];
  }[];
  const states = (entry: MetadataMap) => (entry['State'] ?? []) as readonly string[];
  return {
    name: m['Name'] as string,
    type: m['Type'] as string,
    encapType: m['EncapType'] as string,
    flags: [...((m['LinkFlags'] ?? []) as readonly string[])].sort(),
    state: m['State'] as string,
    mtu: m['MTU'] as number,
    mac: m['MAC'] as string | undefined,
    masterIndex: m['MasterIndex'] as number | undefined,
    parentIndex: m['ParentIndex'] as number | undefined,
    netNsId: m['LinkNetNsID'] as number | undefined,
    addresses: unique([
      ...((m['IPV4'] ?? []) as readonly string[]),
      ...((m['IPV6'] ?? []) as readonly string[]),
    ]),
    routes: unique(
      tables.flatMap(({ ID, Routes }) =>
        Routes.flatMap(({ Protocol, Prefix, NextHops }) =>
          NextHops.map(({ IP }) => `${ID} ${Protocol} ${Prefix} ${IP ?? '-'}`),
        ),
      ),
    ),
    // `ip neigh` leaves out entries that need no resolution and those without a state.
    neighbours: unique(
      ((m['Neighbors'] ?? []) as List)
        .filter((entry) => states(entry).length > 0 && !states(entry).includes('NUD_NOARP'))
        .map(
          (entry) =>
            `${entry['IP']} ${entry['MAC'] ?? '-'} ${states(entry)
              .map((name) => name.slice(4))
              .join()}`,
        ),
    ),
    fdb: unique(
      ((m['FDB'] ?? []) as List).map((entry) => {
        const flags = (entry['Flags'] ?? []) as readonly string[];
        const self = flags.includes('NTF_SELF') ? 'self' : '';
        return `${entry['MAC']} ${self} ${entry['IP'] ?? '-'} ${entry['Vlan'] ?? '-'}`;
      }),
    ),
  };
}

/** The interfaces below a node of the graph. */
export function graphState(graph: Graph, ownerId: string): Map<number, InterfaceState> {
  const states = new Map<number, InterfaceState>();
  for (const node of graph.children(ownerId)) {
    const index = node.Metadata['IfIndex'];
    if (typeof index !== 'number') continue;
    if (states.has(index)) throw new Error(`two nodes have index ${index} below ${ownerId}`);
    states.set(index, interfaceState(node));
  }
  return new Map([...states].sort(([a], [b]) => a - b));
}
