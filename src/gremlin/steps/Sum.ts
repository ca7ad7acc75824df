// SPDX-License-Identifier: Apache-2.0

import { toInteger } from '../../graph/cast.js';
import type { Node } from '../../graph/element.js';
import { rawField } from '../../graph/field.js';
import type { FlowsResult, MetricsResult, Nodes, Value } from '../current.js';
import { GremlinError } from '../error.js';
import { retrieve } from '../fields.js';
import { sumAll, sumField } from '../metrics/sum.js';
import type { Run } from '../run.js';
import type { StepDefinition } from '../step.js';
import { type Call, show } from '../syntax.js';

/** The sum of a field. */
export const Sum: StepDefinition = {
  name: 'Sum',
  doc: 'The sum of a field; nodes that lack it count as 0. Of metrics without a field: one record that adds all up.',
  accepts: ['V', 'Flows', 'Metrics'],
  returns: 'Value',
  order: 'drops',
  run: async (run, stage, input): Promise<Value> => {
    if (input.kind === 'Metrics')
      return { kind: 'Value', value: await sumOfMetrics(run, input as MetricsResult, stage.call) };
    const key = keyOf(stage.call);
    if (input.kind === 'Flows') return { kind: 'Value', value: await sumOfFlows(input as FlowsResult, key) };
    const { scope, handles } = input as Nodes;
    let sum = 0;
    for (let i = 0; i < handles.length; i++) {
      sum += addend(scope.view.node(handles[i]!), key);
      if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
    }
    return { kind: 'Value', value: sum };
  },
};

/** The field that a Sum of nodes or flows names. */
function keyOf(call: Call): string {
  const [key] = call.params;
  if (call.params.length === 1 && key?.kind === 'string') return key.value;
  const given = call.params.map(show).join(', ');
  throw new GremlinError('X-ARG', `Sum at position ${call.position} takes one key, not (${given})`);
}

function addend(node: Node, key: string): number {
  const value = retrieve(node, key);
  const number = value === undefined && !throughScalar(node, key) ? 0 : toInteger(value);
  if (number !== undefined) return number;
  throw new GremlinError('X-FIELD', `Sum: "${key}" of the node ${node.ID} is not a number`);
}

/** The path goes on behind a scalar: that is an error, not a missing value. */
function throughScalar(node: Node, key: string): boolean {
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    const value = rawField(node, key.slice(0, dot));
    if (value !== undefined && (value === null || typeof value !== 'object')) return true;
  }
  return false;
}

function sumOfMetrics(run: Run, metrics: MetricsResult, call: Call): Promise<unknown> {
  return call.params.length === 0 ? sumAll(run, metrics) : sumField(run, metrics, keyOf(call));
}

async function sumOfFlows(flows: FlowsResult, key: string): Promise<number> {
  if (!/^(?:Metric|LastUpdateMetric)\./.test(key))
    throw new GremlinError('X-ARG', `Sum of flows takes a field of Metric or LastUpdateMetric, not "${key}"`);
  const sum = await flows.sum(key);
  if (typeof sum === 'number') return sum;
  throw new GremlinError('X-FIELD', `Sum: the flow ${sum} has no field "${key}"`);
}
