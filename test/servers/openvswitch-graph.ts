// SPDX-License-Identifier: Apache-2.0
// What the graph has to show of an Open vSwitch, worked out from what ovs-vsctl says, and what it does show.

import type { MetadataMap, Node } from '../../src/graph/element.js';
import type { Graph } from '../../src/graph/graph.js';
import type { ListedRow, OpenVSwitch } from './openvswitch.js';

/** Nodes by UUID, and edges `parent>child relation type` with UUIDs for nodes, sorted. */
export interface Shown {
  readonly nodes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly edges: readonly string[];
}

const keys = [
  ...['Name', 'Type', 'Vlans', 'BondMode', 'LACP', 'OfPort', 'IfIndex', 'MAC', 'ExtID', 'Ovs'],
  ...['LocalIP', 'RemoteIP', 'TunEgressIface', 'TunEgressIfaceCarrier'],
];

function pick(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => values[key] !== undefined).map((key) => [key, values[key]]));
}

function single(value: unknown): unknown {
  return Array.isArray(value) && value[0] === 'set' ? (value[1] as unknown[])[0] : value;
}

function many(value: unknown): unknown[] {
  return Array.isArray(value) && value[0] === 'set' ? (value[1] as unknown[]) : [value];
}

function ids(value: unknown): string[] {
  return many(value).map((reference) => (reference as [string, string])[1]);
}

function object(value: unknown): Record<string, string> | undefined {
  const entries = (value as [string, [string, string][]])[1];
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Without what is undefined, undefined when nothing is left. */
function compact(values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const left = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

/** Types that are tunnels. */
const tunnels = ['vxlan', 'gre', 'geneve'];

/**
 * What has to be shown. `kernel` are the interfaces that the kernel has, as the graph tells: Open vSwitch says nothing
 * of their addresses and owners, nor of their type where it did not make them.
 */
export async function expected(ovs: OpenVSwitch, kernel: ReadonlyMap<string, MetadataMap>): Promise<Shown> {
  const [bridges, ports, interfaces] = [
    await ovs.list('Bridge'),
    await ovs.list('Port'),
    await ovs.list('Interface'),
  ];
  const nodes: Record<string, Record<string, unknown>> = {};
  const edges: string[] = [];
  const id = (row: ListedRow) => (row['_uuid'] as [string, string])[1];
  const add = (row: ListedRow, values: Record<string, unknown>) => {
    const given = { Name: row['name'], ExtID: object(row['external_ids']), ...values };
    nodes[id(row)] = pick(compact(given) ?? {});
  };
  for (const row of bridges) {
    const protocols = many(row['protocols']);
    const Ovs = compact({
      OtherConfig: object(row['other_config']),
      Protocols: protocols.length === 0 ? undefined : protocols,
    });
    add(row, { Type: 'ovsbridge', Ovs });
    edges.push(`host>${id(row)} ownership`);
    for (const port of ids(row['ports'])) {
      edges.push(`${id(row)}>${port} layer2`, `${id(row)}>${port} ownership`);
    }
  }
  for (const row of ports) {
    add(row, {
      Type: 'ovsport',
      Vlans: single(row['tag']),
      BondMode: single(row['bond_mode']),
      LACP: single(row['lacp']),
      Ovs: compact({ OtherConfig: object(row['other_config']) }),
    });
    for (const own of ids(row['interfaces'])) edges.push(`${id(row)}>${own} layer2`);
  }
  const patches = new Map<string, { uuid: string; peer: string | undefined }>();
  for (const row of interfaces) {
    const type = row['type'] as string;
    const options = object(row['options']);
    const status = object(row['status']) ?? {};
    const known = kernel.get(id(row));
    const index = (single(row['ifindex']) as number | undefined) ?? 0;
    const tunnel = tunnels.includes(type) && {
      LocalIP: options?.['local_ip'],
      RemoteIP: options?.['remote_ip'],
      TunEgressIface: status['tunnel_egress_iface'],
      TunEgressIfaceCarrier: status['tunnel_egress_iface_carrier'],
    };
    add(row, {
      Type: type === '' ? known?.['Type'] : type,
      OfPort: single(row['ofport']),
      IfIndex: index > 0 ? index : undefined,
      MAC: known === undefined ? (type === 'internal' ? undefined : single(row['mac_in_use'])) : known['MAC'],
      Ovs: compact({
        Options: options,
        OtherConfig: object(row['other_config']),
        Error: single(row['error']),
      }),
      ...tunnel,
    });
    if (type === 'patch') patches.set(row['name'] as string, { uuid: id(row), peer: options?.['peer'] });
    const port = ports.find((candidate) => ids(candidate['interfaces']).includes(id(row)));
    const bridge = bridges.find(
      (candidate) => port !== undefined && ids(candidate['ports']).includes(id(port)),
    );
    const ownable = status['driver_name'] === undefined || ['patch', 'internal', 'dpdk'].includes(type);
    if (known !== undefined) edges.push(`host>${id(row)} ownership`);
    else if (bridge !== undefined && ownable) edges.push(`${id(bridge)}>${id(row)} ownership`);
  }
  for (const [name, { uuid, peer }] of patches) {
    const other = peer === undefined ? undefined : patches.get(peer);
    if (other === undefined || other.uuid === uuid) continue;
    const [first, second] = name < peer! ? [uuid, other.uuid] : [other.uuid, uuid];
    edges.push(`${first}>${second} layer2 patch`);
  }
  return { nodes, edges: [...new Set(edges)].sort() };
}

function isKernel({ Metadata }: Node): boolean {
  return Metadata['EncapType'] !== undefined;
}

/** The interfaces of Open vSwitch that the kernel has as well, by UUID. */
export function kernelInterfaces(graph: Graph, uuids: ReadonlySet<string>): Map<string, MetadataMap> {
  const found = [...graph.nodes()].filter(
    (node) => isKernel(node) && uuids.has(String(node.Metadata['UUID'])),
  );
  return new Map(found.map(({ Metadata }) => [String(Metadata['UUID']), Metadata]));
}

/**
 * What the graph shows. An interface of the kernel that has left Open vSwitch keeps its UUID; any other node with one
 * has to have a row.
 */
export function shown(graph: Graph, hostId: string, uuids: ReadonlySet<string>): Shown {
  const nodes: Record<string, Record<string, unknown>> = {};
  const names = new Map([[hostId, 'host']]);
  for (const node of graph.nodes()) {
    const uuid = node.Metadata['UUID'];
    if (typeof uuid !== 'string' || (!uuids.has(uuid) && isKernel(node))) continue;
    if (nodes[uuid] !== undefined) throw new Error(`${uuid} has two nodes`);
    nodes[uuid] = pick(node.Metadata);
    names.set(node.ID, uuid);
  }
  const edges: string[] = [];
  for (const { Parent, Child, Metadata } of graph.edges()) {
    const [parent, child] = [names.get(Parent), names.get(Child)];
    if (parent === undefined || child === undefined) continue;
    const { RelationType, Type } = Metadata;
    // Pairs of veth are the kernel's.
    if (Type === 'veth') continue;
    edges.push(`${parent}>${child} ${String(RelationType)}${Type === undefined ? '' : ` ${String(Type)}`}`);
  }
  return { nodes, edges: edges.sort() };
}
