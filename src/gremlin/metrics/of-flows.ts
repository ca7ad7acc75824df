// SPDX-License-Identifier: Apache-2.0

import type { FlowsResult, MetricsResult } from '../current.js';
import type { FlowMetric } from '../flow-source.js';
import { fetchStored } from '../flows/fetch.js';
import type { Run } from '../run.js';
import type { MetricRecord } from './record.js';

function toRecord({ ABPackets, ABBytes, BAPackets, BABytes, Start, Last, RTT }: FlowMetric): MetricRecord {
  const counters = { ABPackets, ABBytes, BAPackets, BABytes };
  return { Start, Last, counters, ...(RTT === undefined ? {} : { RTT }) };
}

/** The metrics of flows, by UUID: the latest record of each live flow, or the stored ones of a time slice. */
export async function metricsOfFlows(run: Run, { request, flows }: FlowsResult): Promise<MetricsResult> {
  const series = new Map<string, MetricRecord[]>();
  const { past } = request;
  if (past === undefined) {
    await run.scheduler.each(await flows(), (flow) => {
      const metric = flow.LastUpdateMetric ?? flow.Metric;
      if (metric !== undefined) series.set(flow.UUID, [toRecord(metric)]);
    });
  } else {
    const stored = await fetchStored<FlowMetric>(run, request, 'metrics');
    await run.scheduler.each(stored, ([uuid, metrics]) => {
      series.set(uuid, metrics.map(toRecord));
    });
  }
  const window = past === undefined ? undefined : { start: past.start, last: past.last };
  return { kind: 'Metrics', metricKind: 'flow', series, window };
}
