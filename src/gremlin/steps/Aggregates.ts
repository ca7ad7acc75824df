// SPDX-License-Identifier: Apache-2.0

import type { MetricsResult } from '../current.js';
import { GremlinError } from '../error.js';
import { aggregate, spanOf } from '../metrics/aggregate.js';
import type { StepDefinition } from '../step.js';
import { type Call, show } from '../syntax.js';

const defaultSeconds = 30;

/** All series as one, in slices of time. */
export const Aggregates: StepDefinition = {
  name: 'Aggregates',
  extension: true,
  doc: 'The sum of all metrics in slices of the given seconds (default 30) of the time context, or of the time they span.',
  accepts: ['Metrics'],
  returns: 'Metrics',
  run: async (run, stage, input): Promise<MetricsResult> => {
    const metrics = input as MetricsResult;
    const lengthMs = secondsOf(stage.call) * 1000;
    const window = metrics.window ?? (await spanOf(run, metrics.series));
    const work = aggregate(metrics.metricKind, metrics.series.values(), window, lengthMs);
    let step = work.next();
    while (step.done !== true) {
      if (run.scheduler.due()) await run.scheduler.pause();
      step = work.next();
    }
    return { ...metrics, series: new Map([['Aggregated', step.value]]) };
  },
};

function secondsOf(call: Call): number {
  const [seconds] = call.params;
  if (seconds === undefined) return defaultSeconds;
  if (call.params.length === 1 && seconds.kind === 'integer' && seconds.value > 0) return seconds.value;
  throw new GremlinError(
    'X-ARG',
    `Aggregates at position ${call.position} takes seconds (an integer greater than 0), not ${call.params.map(show).join(', ')}`,
  );
}
