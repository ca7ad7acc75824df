// SPDX-License-Identifier: Apache-2.0

import { ipMetric, tcpMetric } from '../../flow/record-schemas.js';
import type { Flow } from '../flow-source.js';

// The fields of a flow that queries can name. Each is a text or an integer; protobuf has no absent scalars, so a
// field that the JSON leaves out is "" or 0 as long as its layer is there.

const rootTexts = new Set([
  'UUID',
  'LayersPath',
  'Application',
  'TrackingID',
  'L3TrackingID',
  'ParentUUID',
  'NodeTID',
  'CaptureID',
]);
const rootIntegers = new Set(['Start', 'Last']);

/** Names of a layer; the aliases know its texts only. */
const layers: { readonly [name: string]: keyof Flow } = {
  Link: 'Link',
  ETHERNET: 'Link',
  Network: 'Network',
  IPV4: 'Network',
  IPV6: 'Network',
  Transport: 'Transport',
  TCP: 'Transport',
  UDP: 'Transport',
  SCTP: 'Transport',
  ICMP: 'ICMP',
  DNS: 'DNS',
};
const texts: { readonly [layer: string]: ReadonlySet<string> } = {
  Link: new Set(['Protocol', 'A', 'B']),
  Network: new Set(['Protocol', 'A', 'B']),
  Transport: new Set(['Protocol']),
  ICMP: new Set(['Type']),
  DNS: new Set(['op_code', 'response_code']),
};
const metricFields = new Set(['ABPackets', 'ABBytes', 'BAPackets', 'BABytes', 'Start', 'Last', 'RTT']);
const integers: { readonly [layer: string]: ReadonlySet<string> } = {
  Link: new Set(['ID']),
  Network: new Set(['ID']),
  Transport: new Set(['A', 'B', 'ID']),
  ICMP: new Set(['Code', 'ID']),
  Metric: metricFields,
  LastUpdateMetric: metricFields,
  TCPMetric: new Set(tcpMetric.map(([, name]) => name)),
  IPMetric: new Set(ipMetric.map(([, name]) => name)),
  DNS: new Set(['ID', 'z', 'QDCount', 'ANCount', 'NSCount', 'ARCount']),
  DHCPv4: new Set(['hardware_len', 'hardware_opts', 'xid', 'secs', 'flags']),
};
/** Members of the extra layers by the names of the original's structures, which its queries use. */
const aliases: { readonly [key: string]: string } = {
  'DNS.OpCode': 'op_code',
  'DNS.ResponseCode': 'response_code',
  'DNS.Z': 'z',
  'DHCPv4.HardwareLen': 'hardware_len',
  'DHCPv4.HardwareOpts': 'hardware_opts',
  'DHCPv4.Xid': 'xid',
  'DHCPv4.Secs': 'secs',
  'DHCPv4.Flags': 'flags',
};

/** Layer and member of a key with a dot. */
function split(key: string, dot: number): readonly [string, string] {
  return [key.slice(0, dot), aliases[key] ?? key.slice(dot + 1)];
}

function layerOf(flow: Flow, name: string): { readonly [field: string]: unknown } | undefined {
  const layer = (flow as unknown as { readonly [name: string]: unknown })[name];
  return typeof layer === 'object' && layer !== null ? (layer as { [field: string]: unknown }) : undefined;
}

/** A text field, undefined when there is none of that name or its layer is missing. */
export function textField(flow: Flow, key: string): string | undefined {
  const dot = key.indexOf('.');
  if (dot < 0) {
    if (!rootTexts.has(key)) return undefined;
    return String(flow[key as 'UUID'] ?? '');
  }
  const [name, field] = split(key, dot);
  const canonical = layers[name];
  if (canonical === undefined || texts[canonical]?.has(field) !== true) return undefined;
  const layer = layerOf(flow, canonical);
  return layer === undefined ? undefined : String(layer[field] ?? '');
}

/** An integer field, undefined when there is none of that name or its layer is missing. */
export function integerField(flow: Flow, key: string): number | undefined {
  const dot = key.indexOf('.');
  if (dot < 0) return rootIntegers.has(key) ? flow[key as 'Start'] : undefined;
  const [name, field] = split(key, dot);
  if (integers[name]?.has(field) !== true) return undefined;
  const layer = layerOf(flow, name);
  if (layer === undefined) return undefined;
  const value = layer[field];
  return typeof value === 'number' ? value : 0;
}

/** Layers that Values gives whole, null when the flow has none. */
const objects = new Set(['Link', 'Network', 'Transport', 'ICMP', 'Metric', 'LastUpdateMetric', 'TCPMetric']);

/** What Values gives: a whole layer, a text or an integer; undefined when there is no such field. */
export function flowValue(flow: Flow, key: string): unknown {
  if (objects.has(key)) return layerOf(flow, key) ?? null;
  if (key === 'DNS' || key === 'DHCPv4') return layerOf(flow, key);
  return textField(flow, key) ?? integerField(flow, key);
}

/** The names of the members of a flow, in the order of its JSON. */
export const flowFieldNames: readonly string[] = [
  'UUID',
  'LayersPath',
  'Application',
  'Link',
  'Network',
  'Transport',
  'ICMP',
  'DHCPv4',
  'DNS',
  'VRRPv2',
  'LastUpdateMetric',
  'Metric',
  'TCPMetric',
  'IPMetric',
  'Start',
  'Last',
  'TrackingID',
  'L3TrackingID',
  'ParentUUID',
  'NodeTID',
  'CaptureID',
  'RawPacketsCaptured',
  'FinishType',
];

/** Every field with a name of its own that conditions know, sorted. */
export const flowFieldPaths: readonly string[] = [
  ...rootTexts,
  ...rootIntegers,
  ...[texts, integers].flatMap((table) =>
    Object.entries(table).flatMap(([layer, fields]) => Array.from(fields, (field) => `${layer}.${field}`)),
  ),
].sort();
