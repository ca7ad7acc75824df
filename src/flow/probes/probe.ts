// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../../config/key.js';
import type { MetadataValue } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import type { Logger } from '../../log/logger.js';
import type { OvsDatabase } from '../../ovs/database.js';
import type { Capture } from '../capture.js';

/** The interface, bridge or port that is captured. */
export interface CapturedNode {
  readonly id: string;
  /** Of its metadata. */
  readonly name: string;
  readonly type: string;
  readonly tid: string;
  /** What its packets start with: `ether`, `none`, `ipip`… */
  readonly encapType: string;
  /** File of the network namespace that it lives in; absent for the agent's own. */
  readonly namespacePath?: string;
  /** Its whole metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a probe is started with. */
export interface FlowProbeContext {
  readonly capture: Capture;
  readonly node: CapturedNode;
  readonly config: Config;
  readonly logger: Logger;
  /** Takes serialized `Message`s (flow.md §1), to be sent to an analyzer. Never blocks. */
  readonly send: (messages: readonly Buffer[]) => void;
  /** The probe has ended by itself: shown as `Error` in the node's `Captures`. */
  readonly failed: (reason: string) => void;
  /** Sets metadata of the node, or takes it away. A probe takes away what it has set, at its end. */
  readonly setMetadata: (key: string, value: MetadataValue | undefined) => void;
  /** For captures that Open vSwitch has a part in; absent when the agent does not follow any. */
  readonly ovs?: OvsCapturing;
}

/** What a capture of Open vSwitch can reach. */
export interface OvsCapturing {
  readonly database: OvsDatabase;
  readonly graph: Graph;
  /**
   * Captures on another node as well, the usual way for its type: that node shows the capture, too, with `shown`
   * beside. Rejects with a text for the operator. It ends with its node, or when `stop` is called.
   */
  readonly captureOn: (nodeId: string, shown: Readonly<Record<string, string>>) => Promise<CapturePart>;
}

/** The part of a capture that runs on another node. */
export interface CapturePart {
  stop(): Promise<void>;
}

/** What a probe shows in `/api/status`. */
export type FlowProbeStatus = Readonly<Record<string, string | number>>;

/** Totals since the start; what a probe cannot know is 0. */
export interface FlowProbeStats {
  readonly packetsReceived: number;
  readonly packetsDropped: number;
  readonly packetsIfDropped: number;
  readonly flowCount: number;
  readonly flowDropped: number;
  readonly kernelFlowDropped: number;
  /** What became of what was sent to the capture's target. */
  readonly target?: {
    readonly sent: number;
    readonly dropped: number;
    readonly failed: number;
    /** Flows that its format cannot tell of. */
    readonly skipped: number;
    readonly error?: string;
  };
}

/** A running capture on one node. */
export interface FlowProbe {
  /**
   * The flows of its table that pass: a serialized `filters.SearchQuery` gives a serialized `FlowSet`, sorted,
   * deduplicated and cut as the query says. Undefined when the flows go elsewhere. Large tables answer from another
   * thread. Throws or rejects when the bytes are no query.
   */
  query(searchQuery: Uint8Array): Buffer | undefined | Promise<Buffer | undefined>;
  stats(): FlowProbeStats;
  /** Beside its `stats`: what its source counts. */
  status?(): FlowProbeStatus | undefined;
  /** Whether `Captures` shows packet counters that are refreshed (`afpacket` and `pcap`, in the original). */
  readonly countsPackets: boolean;
  /** Flows go to the capture's target: the analyzer gets no reports either. */
  readonly elsewhere?: boolean;
  /** What `Captures` shows beside the common fields: `PCAPSocket`, `SFlowSocket`, `NetFlowSocket`. */
  readonly shown?: Readonly<Record<string, string>>;
  /** Ends all flows and hands the last ones to `send`. */
  stop(): void | Promise<void>;
}

/** Starts a probe; throws or rejects with a text for the operator when it cannot. */
export type StartFlowProbe = (context: FlowProbeContext) => FlowProbe | Promise<FlowProbe>;

/**
 * One way to capture. A row of `src/flow/probes/registry.ts`; its module is loaded at the first capture of that type.
 */
export interface FlowProbeType {
  /** Value of a capture's `Type`. */
  readonly type: string;
  readonly load: () => Promise<StartFlowProbe>;
}
