// SPDX-License-Identifier: Apache-2.0

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
};
const texts: { readonly [layer: string]: ReadonlySet<string> } = {
  Link: new Set(['Protocol', 'A', 'B']),
  Network: new Set(['Protocol', 'A', 'B']),
  Transport: new Set(['Protocol']),
  ICMP: new Set(['Type']),
};
const metricFields = new Set(['ABPackets', 'ABBytes', 'BAPackets', 'BABytes', 'Start', 'Last', 'RTT']);
const integers: { readonly [layer: string]: ReadonlySet<string> } = {
  Link: new Set(['ID']),
  Network: new Set(['ID']),
  Transport: new Set(['A', 'B', 'ID']),
  ICMP: new Set(['Code', 'ID']),
  Metric: metricFields,
  LastUpdateMetric: metricFields,
};
/** Their fields are whatever the record has. */
const open = new Set(['TCPMetric', 'IPMetric', 'DNS', 'DHCPv4']);

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
  const [name, field] = [key.slice(0, dot), key.slice(dot + 1)];
  const canonical = layers[name];
  if (canonical !== undefined && texts[canonical]?.has(field) === true) {
    const layer = layerOf(flow, canonical);
    return layer === undefined ? undefined : String(layer[field] ?? '');
  }
  const value = open.has(name) ? layerOf(flow, name)?.[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** An integer field, undefined when there is none of that name or its layer is missing. */
export function integerField(flow: Flow, key: string): number | undefined {
  const dot = key.indexOf('.');
  if (dot < 0) return rootIntegers.has(key) ? flow[key as 'Start'] : undefined;
  const [name, field] = [key.slice(0, dot), key.slice(dot + 1)];
  const layer = layerOf(flow, name);
  if (layer === undefined) return undefined;
  const value = layer[field];
  if (integers[name]?.has(field) === true) return typeof value === 'number' ? value : 0;
  return open.has(name) && typeof value === 'number' ? value : undefined;
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
