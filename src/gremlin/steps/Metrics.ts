// SPDX-License-Identifier: Apache-2.0

import type { FlowsResult, MetricsResult, Nodes } from '../current.js';
import { metricsOfFlows } from '../metrics/of-flows.js';
import { metricFields, metricsOfNodes } from '../metrics/of-nodes.js';
import { refuse, stringAt } from '../params.js';
import type { StepDefinition } from '../step.js';

/** Counters. */
export const Metrics: StepDefinition = {
  name: 'Metrics',
  extension: true,
  doc: 'The metric records of interfaces, by node, or of flows, by flow; for interfaces the field they are in (default LastUpdateMetric).',
  accepts: ['V', 'Flows'],
  returns: 'Metrics',
  order: 'drops',
  check: (call) => {
    if (
      call.params.length > 1 ||
      !call.params.every((p) => p.kind === 'string' && metricFields.includes(p.value))
    )
      refuse(call, `nothing or one of ${metricFields.join(', ')}`);
  },
  run: (run, stage, input): Promise<MetricsResult> =>
    input.kind === 'Flows'
      ? metricsOfFlows(run, input as FlowsResult)
      : metricsOfNodes(run, input as Nodes, stringAt(stage.call) || 'LastUpdateMetric'),
};
