// SPDX-License-Identifier: Apache-2.0

/** Which packets of which nodes become flows, and how: the REST resource `capture`. */
export interface Capture {
  readonly UUID: string;
  /** Selects the nodes. */
  readonly GremlinQuery?: string;
  /** Expression of pcap-filter(7). */
  readonly BPFFilter?: string;
  readonly Name?: string;
  readonly Description?: string;
  /** How to capture; absent: the usual way for each node. */
  readonly Type?: string;
  /** Nodes on which a capture is active; computed when read. */
  readonly Count: number;
  /** UDP port that `sflow` (6343 unless given) and `netflow` (2055) listen on. */
  readonly Port?: number;
  /** One packet of so many, for `ovssflow`. */
  readonly SamplingRate: number;
  /** s, for `ovssflow`. */
  readonly PollingInterval: number;
  /** Raw packets kept a flow, 0 to 10. */
  readonly RawPacketLimit?: number;
  /** Bytes kept of a packet; 256 when absent or 0. */
  readonly HeaderSize?: number;
  readonly ExtraTCPMetric: boolean;
  readonly IPDefrag: boolean;
  readonly ReassembleTCP: boolean;
  /** `L2` or `L3`. */
  readonly LayerKeyMode?: string;
  /** Bit mask: VRRP 1, DNS 2, DHCPv4 4. */
  readonly ExtraLayers?: number;
  /** `host:port` that gets the flows instead of the analyzer. */
  readonly Target?: string;
  /** `local`, `netflowv5`, `erspanv1` or `ipfix`. */
  readonly TargetType?: string;
}
