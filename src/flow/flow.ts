// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../graph/element.js';

/** Counters of a flow over a time. */
export interface FlowMetric {
  readonly ABPackets: number;
  readonly ABBytes: number;
  readonly BAPackets: number;
  readonly BABytes: number;
  readonly Start: Millis;
  readonly Last: Millis;
  /** ns; left out when 0. */
  readonly RTT?: number;
}

/** Ends of a flow within one layer. */
export interface FlowLayer {
  readonly Protocol: string;
  readonly A?: string;
  readonly B?: string;
  readonly ID: number;
}

/** A packet as captured. */
export interface RawPacket {
  readonly Timestamp: Millis;
  /** From 1 for the first packet of the flow. */
  readonly Index: number;
  /** base64. */
  readonly Data: string;
  /** As in pcap files; 1 is Ethernet. */
  readonly LinkType: number;
}

/** A flow, spelled as its JSON is; `LastRawPackets` alone is never shown. */
export interface Flow {
  readonly UUID: string;
  readonly LayersPath?: string;
  readonly Application?: string;
  readonly Link?: FlowLayer;
  readonly Network?: FlowLayer;
  readonly Transport?: {
    readonly Protocol: string;
    readonly A: number;
    readonly B: number;
    readonly ID: number;
  };
  readonly ICMP?: { readonly Type: string; readonly Code?: number; readonly ID?: number };
  readonly DHCPv4?: { readonly [field: string]: unknown };
  readonly DNS?: { readonly [field: string]: unknown };
  readonly VRRPv2?: { readonly [field: string]: unknown };
  readonly LastUpdateMetric?: FlowMetric;
  readonly Metric?: FlowMetric;
  readonly TCPMetric?: { readonly [field: string]: number };
  readonly IPMetric?: { readonly [field: string]: number };
  readonly Start: Millis;
  readonly Last: Millis;
  readonly TrackingID?: string;
  readonly L3TrackingID?: string;
  readonly ParentUUID: string;
  readonly NodeTID?: string;
  readonly CaptureID?: string;
  readonly RawPacketsCaptured: number;
  readonly FinishType?: number;
  readonly LastRawPackets?: readonly RawPacket[];
}
