// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import type { Capture } from '../capture.js';
import type { FlowProbeStats } from './probe.js';

const key = 'Captures';

/** The captures that a node shows. */
export function shownCaptures(metadata: MetadataMap): readonly MetadataMap[] {
  const list = metadata[key];
  return Array.isArray(list) ? (list as readonly MetadataMap[]) : [];
}

function counters(stats: FlowProbeStats): MetadataMap {
  return {
    PacketsReceived: stats.packetsReceived,
    PacketsDropped: stats.packetsDropped,
    PacketsIfDropped: stats.packetsIfDropped,
    ...(stats.target !== undefined && { ...targetCounters(stats.target), FlowDropped: stats.flowDropped }),
  };
}

/** Beside the original: only captures with a target show them. */
function targetCounters(target: NonNullable<FlowProbeStats['target']>): MetadataMap {
  return {
    TargetSent: target.sent,
    TargetDropped: target.dropped,
    TargetFailed: target.failed,
    TargetSkipped: target.skipped,
    ...(target.error !== undefined && { TargetError: target.error }),
  };
}

const zeros = { PacketsReceived: 0, PacketsDropped: 0, PacketsIfDropped: 0 };

/** Adds the entry of a capture that has started. */
export function showStarted(
  graph: Graph,
  nodeId: string,
  capture: Capture,
  shown: Readonly<Record<string, string>> = {},
): void {
  const { Name, Description, BPFFilter, Type } = capture;
  const given = Object.entries({ Name, Description, BPFFilter, Type }).filter(([, value]) => value);
  const entry = {
    ID: capture.UUID,
    State: 'active',
    ...(Object.fromEntries(given) as MetadataMap),
    ...shown,
    ...zeros,
  };
  change(graph, nodeId, (captures) => [...captures.filter(({ ID }) => ID !== capture.UUID), entry]);
}

/** Takes the entry away; the key goes with the last one. */
export function showStopped(graph: Graph, nodeId: string, captureId: string): void {
  change(graph, nodeId, (shown) => shown.filter(({ ID }) => ID !== captureId));
}

/** The capture does not run any more. */
export function showFailed(graph: Graph, nodeId: string, captureId: string, reason: string): void {
  change(graph, nodeId, (shown) =>
    shown.map((entry) => (entry['ID'] === captureId ? { ...entry, State: 'error', Error: reason } : entry)),
  );
}

/** Brings the packet counters of captures of one node up to date, as one change. */
export function showCounters(graph: Graph, nodeId: string, stats: ReadonlyMap<string, FlowProbeStats>): void {
  change(graph, nodeId, (shown) =>
    shown.map((entry) => {
      const own = stats.get(String(entry['ID']));
      return own === undefined ? entry : { ...entry, ...counters(own) };
    }),
  );
}

function change(
  graph: Graph,
  nodeId: string,
  next: (shown: readonly MetadataMap[]) => readonly MetadataMap[],
): void {
  const node = graph.getNode(nodeId);
  if (node === undefined) return;
  const captures = next(shownCaptures(node.Metadata));
  if (captures.length > 0) graph.update('node', nodeId, { set: { [key]: captures } });
  else graph.update('node', nodeId, { delete: [key] });
}
