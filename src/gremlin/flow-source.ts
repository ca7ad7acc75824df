// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../graph/element.js';
import type { Filter } from '../graph/filter.js';

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

/** Which flows a query wants. */
export interface FlowQuery {
  /** Keys are those of `flows/fields.ts`. Absent: all flows. */
  readonly filter?: Filter;
  /** Only flows captured on nodes with these TIDs, by the host of the node. Absent: on any node. */
  readonly nodes?: ReadonlyMap<string, readonly string[]>;
  /** Only these flows. */
  readonly uuids?: readonly string[];
  /** By an integer field, else a string field; a missing one counts as 0 or "". Ties of a descending sort are reversed. */
  readonly sort?: { readonly by: string; readonly descending: boolean };
  /** The first of those with the same value stays; flows without the field all stay. */
  readonly dedupBy?: string;
  /** After sorting and dedup, no table has to give more than so many. */
  readonly most?: number;
}

/** Both ends included. */
export interface FlowWindow {
  readonly from: Millis;
  readonly to: Millis;
}

/** Flows of the past. */
export interface FlowStorage {
  /** Flows with Start ≤ `to` and Last ≥ `from`, one list; sorted, deduplicated and cut as the query says. */
  search(query: FlowQuery, window: FlowWindow, signal?: AbortSignal): Promise<readonly Flow[]>;
  /** Metric records with Start ≥ `from` and Last ≤ `to` of the flows that pass, by flow, each ordered by Last. */
  metrics(
    query: FlowQuery,
    window: FlowWindow,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly FlowMetric[]>>;
  /** Packets with a timestamp in the window of the flows that pass, by flow, each ordered by Index. */
  packets(
    query: FlowQuery,
    window: FlowWindow,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly RawPacket[]>>;
}

/** Where a query finds flows. */
export interface FlowSource {
  /**
   * The live flows, one list a table, each sorted, deduplicated and cut as the query says. A table that does not
   * answer counts as empty.
   */
  search(query: FlowQuery, signal?: AbortSignal): Promise<readonly (readonly Flow[])[]>;
  /** Absent where flows are not kept. */
  readonly storage?: FlowStorage;
}
