// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../../../graph/element.js';
import { numbersOf, type Row, textMapOf, textOf, textsOf } from '../../../ovs/value.js';

/** Metadata that a row gives, by dotted path (probes.md §7.2). What is empty is left out. */
export type RowMetadata = Record<string, MetadataValue>;

const tunnels = ['gre', 'vxlan', 'geneve'];

/** A column of texts by name as one value: its names are no paths. */
function mapIn(metadata: RowMetadata, path: string, column: unknown): void {
  const map = textMapOf(column);
  if (map.size > 0) metadata[path] = Object.fromEntries(map);
}

/** External ids are paths: a dot in a name nests. */
function externalIdsIn(metadata: RowMetadata, row: Row): void {
  for (const [name, value] of textMapOf(row['external_ids'])) metadata[`ExtID.${name}`] = value;
}

function textIn(metadata: RowMetadata, path: string, text: string | undefined): void {
  if (text !== undefined && text !== '') metadata[path] = text;
}

export function bridgeMetadata(uuid: string, row: Row): RowMetadata {
  const metadata: RowMetadata = { Name: textOf(row['name']), UUID: uuid, Type: 'ovsbridge' };
  mapIn(metadata, 'Ovs.OtherConfig', row['other_config']);
  const protocols = textsOf(row['protocols']);
  if (protocols.length > 0) metadata['Ovs.Protocols'] = protocols;
  externalIdsIn(metadata, row);
  return metadata;
}

export function portMetadata(uuid: string, row: Row): RowMetadata {
  const metadata: RowMetadata = { Name: textOf(row['name']), UUID: uuid, Type: 'ovsport' };
  textIn(metadata, 'BondMode', textOf(row['bond_mode']));
  textIn(metadata, 'LACP', textOf(row['lacp']));
  const tags = numbersOf(row['tag']);
  // A set of one is told as the number alone, also where the schema has a set.
  if (tags.length > 0) metadata['Vlans'] = Array.isArray(row['tag']) ? tags : tags[0]!;
  mapIn(metadata, 'Ovs.OtherConfig', row['other_config']);
  externalIdsIn(metadata, row);
  return metadata;
}

/** The `type` of an interface; none for what the kernel, not Open vSwitch, has made. */
export function interfaceTypeOf(row: Row): string {
  const type = textOf(row['type']);
  return type === 'system' ? '' : type;
}

/** Keys that the kernel decides where it has the interface, too. */
export const kernelKeys: ReadonlySet<string> = new Set(['Name', 'Driver', 'MAC', 'IfIndex']);

export function interfaceMetadata(uuid: string, row: Row): RowMetadata {
  const type = interfaceTypeOf(row);
  const status = textMapOf(row['status']);
  const options = textMapOf(row['options']);
  const metadata: RowMetadata = {
    Name: textOf(row['name']),
    UUID: uuid,
    Driver: status.get('driver_name') || 'openvswitch',
  };
  textIn(metadata, 'Type', type);
  const port = numbersOf(row['ofport'])[0] ?? 0;
  if (port !== 0) metadata['OfPort'] = port;
  const index = numbersOf(row['ifindex'])[0] ?? 0;
  if (index > 0) metadata['IfIndex'] = index;
  if (type !== 'internal') textIn(metadata, 'MAC', textOf(row['mac_in_use']));
  if (tunnels.includes(type)) {
    textIn(metadata, 'LocalIP', options.get('local_ip'));
    textIn(metadata, 'RemoteIP', options.get('remote_ip'));
    textIn(metadata, 'TunEgressIface', status.get('tunnel_egress_iface'));
    textIn(metadata, 'TunEgressIfaceCarrier', status.get('tunnel_egress_iface_carrier'));
  }
  mapIn(metadata, 'Ovs.Options', row['options']);
  mapIn(metadata, 'Ovs.OtherConfig', row['other_config']);
  textIn(metadata, 'Ovs.Error', textOf(row['error']));
  externalIdsIn(metadata, row);
  return metadata;
}

/** What the root row says, for the node of the kernel's datapath. */
export function switchMetadata(row: Row): RowMetadata {
  const metadata: RowMetadata = {};
  textIn(metadata, 'Ovs.Version', textOf(row['ovs_version']));
  textIn(metadata, 'Ovs.DBVersion', textOf(row['db_version']));
  mapIn(metadata, 'Ovs.OtherConfig', row['other_config']);
  externalIdsIn(metadata, row);
  return metadata;
}
