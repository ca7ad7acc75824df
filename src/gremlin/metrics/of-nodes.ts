// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue, Node } from '../../graph/element.js';
import { rawField } from '../../graph/field.js';
import { isMap } from '../../graph/metadata.js';
import type { MetricsResult, Nodes } from '../current.js';
import { GremlinError } from '../error.js';
import type { Run } from '../run.js';
import type { MetricRecord } from './record.js';

/** The parameters that Metrics knows: fields of a node. */
export const metricFields: readonly string[] = [
  'LastUpdateMetric',
  'SFlow',
  'SFlow.LastUpdateMetric',
  'Ovs',
  'Ovs.LastUpdateMetric',
];

/** `SFlow` and `Ovs` hold their metric a level deeper. */
function metricAt(node: Node, field: string): MetadataValue | undefined {
  const value = rawField(node, field);
  return isMap(value) && isMap(value['LastUpdateMetric']) ? value['LastUpdateMetric'] : value;
}

function recordOf(node: Node, field: string): MetricRecord | undefined {
  const value = metricAt(node, field);
  if (value === undefined) return undefined;
  if (!isMap(value))
    throw new GremlinError('X-FIELD', `Metrics: "${field}" of the node ${node.ID} is not a metric`);
  return toRecord(value);
}

function toRecord(metric: MetadataMap): MetricRecord {
  const counters: { [name: string]: number } = {};
  for (const [name, count] of Object.entries(metric))
    if (typeof count === 'number' && name !== 'Start' && name !== 'Last') counters[name] = count;
  return { Start: Number(metric['Start'] ?? 0), Last: Number(metric['Last'] ?? 0), counters };
}

/**
 * The metrics of interfaces, by node ID: the current record of each node, or in a time slice the different records of
 * its revisions that lie strictly within the slice (so that an instant has none, as clients know it).
 */
export async function metricsOfNodes(run: Run, input: Nodes, field: string): Promise<MetricsResult> {
  const { scope, handles } = await run.ordered(input);
  const { context } = scope;
  const series = new Map<string, MetricRecord[]>();
  const seen = new Set<string>();
  for (let i = 0; i < handles.length; i++) {
    const node = scope.view.node(handles[i]!);
    const record = recordOf(node, field);
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
    if (record === undefined) continue;
    if (context.kind !== 'live') {
      const { start, last } = context.slice;
      const key = `${node.ID} ${record.Start}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (record.Start <= start || record.Last >= last) continue;
      const records = series.get(node.ID) ?? [];
      records.push(record);
      series.set(node.ID, records);
    } else series.set(node.ID, [record]);
  }
  await run.scheduler.each(series.values(), (records) => {
    if (records.length > 1) records.sort((a, b) => a.Start - b.Start);
  });
  return {
    kind: 'Metrics',
    metricKind: 'interface',
    series,
    window: context.kind === 'live' ? undefined : context.slice,
  };
}
