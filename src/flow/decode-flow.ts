// SPDX-License-Identifier: Apache-2.0

import { decodeRecord } from './decode-record.js';
import type { Flow, FlowLayer, FlowMetric, RawPacket } from './flow.js';
import type { ProtobufCursor } from './protobuf-cursor.js';
import { dhcpv4, dns, ipMetric, tcpMetric, vrrpv2 } from './record-schemas.js';

const protocols = ['ETHERNET', 'IPV4', 'TCP', 'UDP', 'SCTP', 'IPV6', 'ICMPV4', 'ICMPV6'];
const icmpTypes = [
  'UNKNOWN',
  'DESTINATION_UNREACHABLE',
  'ECHO',
  'NEIGHBOR',
  'ADDRESS_MASK',
  'INFO',
  'PARAMETER_PROBLEM',
  'REDIRECT',
  'ROUTER',
  'SOURCE_QUENCH',
  'TIME_EXCEEDED',
  'TIMESTAMP',
  'PACKET_TOO_BIG',
];

/** A number that has no name is shown as itself. */
function nameOf(names: readonly string[], number: number): string {
  return names[number] ?? String(number);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** As they are decoded, before they are put into the order of the JSON. */
type Fields = Mutable<Partial<Flow>>;

/** Texts that many flows of a set share. */
const slots = { path: 0, application: 1, node: 2, capture: 3 };

/** A `Flow` message that ends at `end`, as its JSON object. Throws SKY_E_WIRE at bytes that are none. */
export function decodeFlow(cursor: ProtobufCursor, end: number): Flow {
  const flow: Fields = {};
  while (cursor.next(end)) decodeField(cursor, flow);
  // A million flows of one shape take less time and room than as many that grow member by member.
  if (isUsual(flow)) {
    return {
      UUID: flow.UUID,
      LayersPath: flow.LayersPath,
      Application: flow.Application,
      Link: flow.Link,
      Network: flow.Network,
      Transport: flow.Transport,
      LastUpdateMetric: flow.LastUpdateMetric,
      Metric: flow.Metric,
      Start: flow.Start,
      Last: flow.Last,
      TrackingID: flow.TrackingID,
      L3TrackingID: flow.L3TrackingID,
      ParentUUID: flow.ParentUUID ?? '',
      NodeTID: flow.NodeTID,
      CaptureID: flow.CaptureID,
      RawPacketsCaptured: flow.RawPacketsCaptured ?? 0,
    };
  }
  const shown: Fields = { UUID: flow.UUID ?? '' };
  if (flow.LayersPath) shown.LayersPath = flow.LayersPath;
  if (flow.Application) shown.Application = flow.Application;
  if (flow.Link) shown.Link = flow.Link;
  if (flow.Network) shown.Network = flow.Network;
  if (flow.Transport) shown.Transport = flow.Transport;
  if (flow.ICMP) shown.ICMP = flow.ICMP;
  if (flow.DHCPv4) shown.DHCPv4 = flow.DHCPv4;
  if (flow.DNS) shown.DNS = flow.DNS;
  if (flow.VRRPv2) shown.VRRPv2 = flow.VRRPv2;
  if (flow.LastUpdateMetric) shown.LastUpdateMetric = flow.LastUpdateMetric;
  if (flow.Metric) shown.Metric = flow.Metric;
  if (flow.TCPMetric) shown.TCPMetric = flow.TCPMetric;
  if (flow.IPMetric) shown.IPMetric = flow.IPMetric;
  shown.Start = flow.Start ?? 0;
  shown.Last = flow.Last ?? 0;
  if (flow.TrackingID) shown.TrackingID = flow.TrackingID;
  if (flow.L3TrackingID) shown.L3TrackingID = flow.L3TrackingID;
  shown.ParentUUID = flow.ParentUUID ?? '';
  if (flow.NodeTID) shown.NodeTID = flow.NodeTID;
  if (flow.CaptureID) shown.CaptureID = flow.CaptureID;
  shown.RawPacketsCaptured = flow.RawPacketsCaptured ?? 0;
  if (flow.FinishType) shown.FinishType = flow.FinishType;
  if (flow.LastRawPackets) shown.LastRawPackets = flow.LastRawPackets;
  return shown as Flow;
}

type Usual = Required<
  Pick<
    Flow,
    | 'UUID'
    | 'LayersPath'
    | 'Application'
    | 'Link'
    | 'Network'
    | 'Transport'
    | 'LastUpdateMetric'
    | 'Metric'
    | 'Start'
    | 'Last'
    | 'TrackingID'
    | 'L3TrackingID'
    | 'NodeTID'
    | 'CaptureID'
  >
>;

/** A datagram or segment of a capture that goes on, without extras. */
function isUsual(flow: Fields): flow is Fields & Usual {
  const all =
    flow.UUID &&
    flow.LayersPath &&
    flow.Application &&
    flow.Link &&
    flow.Network &&
    flow.Transport &&
    flow.LastUpdateMetric &&
    flow.Metric &&
    flow.Start &&
    flow.Last &&
    flow.TrackingID &&
    flow.L3TrackingID &&
    flow.NodeTID &&
    flow.CaptureID;
  const extra =
    flow.ICMP ??
    flow.DHCPv4 ??
    flow.DNS ??
    flow.VRRPv2 ??
    flow.TCPMetric ??
    flow.IPMetric ??
    flow.LastRawPackets ??
    (flow.FinishType || undefined);
  return Boolean(all) && extra === undefined;
}

function decodeField(cursor: ProtobufCursor, flow: Fields): void {
  switch (cursor.field) {
    case 1:
      flow.UUID = cursor.text();
      return;
    case 2:
      flow.LayersPath = cursor.repeatedText(slots.path);
      return;
    case 3:
      flow.Application = cursor.repeatedText(slots.application);
      return;
    case 6:
      flow.ParentUUID = cursor.text();
      return;
    case 10:
      flow.Start = cursor.integer();
      return;
    case 11:
      flow.Last = cursor.integer();
      return;
    case 33:
      flow.NodeTID = cursor.repeatedText(slots.node);
      return;
    case 34:
      flow.CaptureID = cursor.repeatedText(slots.capture);
      return;
    case 37:
      flow.RawPacketsCaptured = cursor.integer();
      return;
    case 50:
      flow.TrackingID = cursor.text();
      return;
    case 51:
      flow.L3TrackingID = cursor.text();
      return;
    case 60:
      flow.FinishType = cursor.integer();
      return;
    default:
      if (cursor.isDelimited) decodeMessage(cursor, cursor.field, cursor.end, flow);
      else cursor.skip();
  }
}

function decodeMessage(cursor: ProtobufCursor, field: number, end: number, flow: Fields): void {
  switch (field) {
    case 20:
      flow.Link = decodeLayer(cursor, end);
      return;
    case 21:
      flow.Network = decodeLayer(cursor, end);
      return;
    case 22:
      flow.Transport = decodeTransport(cursor, end);
      return;
    case 23:
      flow.ICMP = decodeIcmp(cursor, end);
      return;
    case 31:
      flow.LastUpdateMetric = decodeMetric(cursor, end);
      return;
    case 32:
      flow.Metric = decodeMetric(cursor, end);
      return;
    case 36:
      flow.LastRawPackets = [...(flow.LastRawPackets ?? []), decodeRawPacket(cursor, end)];
      return;
    case 38:
      flow.TCPMetric = decodeRecord(cursor, end, tcpMetric) as { [field: string]: number };
      return;
    case 39:
      flow.IPMetric = decodeRecord(cursor, end, ipMetric) as { [field: string]: number };
      return;
    case 1000:
      flow.DHCPv4 = decodeRecord(cursor, end, dhcpv4);
      return;
    case 1001:
      flow.DNS = decodeRecord(cursor, end, dns);
      return;
    case 1002:
      flow.VRRPv2 = decodeRecord(cursor, end, vrrpv2);
      return;
    default:
      cursor.skip();
  }
}

function decodeLayer(cursor: ProtobufCursor, end: number): FlowLayer {
  let [protocol, a, b, id] = [0, '', '', 0];
  while (cursor.next(end)) {
    if (cursor.field === 1) protocol = cursor.integer();
    else if (cursor.field === 3) a = cursor.text();
    else if (cursor.field === 4) b = cursor.text();
    else if (cursor.field === 5) id = cursor.integer();
    else cursor.skip();
  }
  const Protocol = nameOf(protocols, protocol);
  // The usual case in one shape.
  if (a !== '' && b !== '') return { Protocol, A: a, B: b, ID: id };
  return { Protocol, ...(a !== '' && { A: a }), ...(b !== '' && { B: b }), ID: id };
}

function decodeTransport(cursor: ProtobufCursor, end: number): NonNullable<Flow['Transport']> {
  let [protocol, a, b, id] = [0, 0, 0, 0];
  while (cursor.next(end)) {
    if (cursor.field === 1) protocol = cursor.integer();
    else if (cursor.field === 2) a = cursor.integer();
    else if (cursor.field === 3) b = cursor.integer();
    else if (cursor.field === 4) id = cursor.integer();
    else cursor.skip();
  }
  return { Protocol: nameOf(protocols, protocol), A: a, B: b, ID: id };
}

function decodeIcmp(cursor: ProtobufCursor, end: number): NonNullable<Flow['ICMP']> {
  let [type, code, id] = [0, 0, 0];
  while (cursor.next(end)) {
    if (cursor.field === 1) type = cursor.integer();
    else if (cursor.field === 2) code = cursor.integer();
    else if (cursor.field === 3) id = cursor.integer();
    else cursor.skip();
  }
  return { Type: nameOf(icmpTypes, type), ...(code !== 0 && { Code: code }), ...(id !== 0 && { ID: id }) };
}

function decodeMetric(cursor: ProtobufCursor, end: number): FlowMetric {
  const metric: Mutable<FlowMetric> = {
    ABPackets: 0,
    ABBytes: 0,
    BAPackets: 0,
    BABytes: 0,
    Start: 0,
    Last: 0,
  };
  while (cursor.next(end)) {
    switch (cursor.field) {
      case 2:
        metric.ABPackets = cursor.integer();
        break;
      case 3:
        metric.ABBytes = cursor.integer();
        break;
      case 4:
        metric.BAPackets = cursor.integer();
        break;
      case 5:
        metric.BABytes = cursor.integer();
        break;
      case 6:
        metric.Start = cursor.integer();
        break;
      case 7:
        metric.Last = cursor.integer();
        break;
      case 8: {
        const rtt = cursor.integer();
        if (rtt !== 0) metric.RTT = rtt;
        break;
      }
      default:
        cursor.skip();
    }
  }
  return metric;
}

function decodeRawPacket(cursor: ProtobufCursor, end: number): RawPacket {
  let [time, index, data, linkType] = [0, 0, '', 0];
  while (cursor.next(end)) {
    if (cursor.field === 1) time = cursor.integer();
    else if (cursor.field === 2) index = cursor.integer();
    else if (cursor.field === 3) data = cursor.base64();
    else if (cursor.field === 4) linkType = cursor.integer();
    else cursor.skip();
  }
  return { Timestamp: time, Index: index, Data: data, LinkType: linkType };
}
