// SPDX-License-Identifier: Apache-2.0

import type { Current, FlowsResult, Nodes, SocketsResult, Value } from '../current.js';
import { GremlinError } from '../error.js';
import { retrieve } from '../fields.js';
import { flowValue } from '../flows/fields.js';
import { orNull } from '../list.js';
import { oneString, stringAt } from '../params.js';
import type { Run } from '../run.js';
import { socketValues } from '../sockets.js';
import type { StepDefinition } from '../step.js';

/** The values of one field. */
export const Values: StepDefinition = {
  name: 'Values',
  doc: 'The field of each node that has it, as a list. Numbers in texts are numbers, booleans 1 and 0, fractions cut.',
  accepts: ['V', 'Flows', 'Sockets'],
  returns: 'Value',
  check: oneString,
  run: async (run, stage, input): Promise<Value> => ({
    kind: 'Value',
    value: orNull(await valuesOf(run, input, stringAt(stage.call))),
  }),
};

async function valuesOf(run: Run, input: Current, key: string): Promise<readonly unknown[]> {
  if (input.kind === 'Sockets') return socketValues(run, input as SocketsResult, key);
  if (input.kind === 'Flows') return valuesOfFlows(run, input, key);
  const { scope, handles } = await run.ordered(input as Nodes);
  const values: unknown[] = [];
  for (let i = 0; i < handles.length; i++) {
    const value = retrieve(scope.view.node(handles[i]!), key);
    if (value !== undefined && !isEmpty(value)) values.push(value);
    if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
  }
  return values;
}

async function valuesOfFlows(run: Run, input: FlowsResult, key: string): Promise<readonly unknown[]> {
  return run.scheduler.map(await input.flows(), (flow) => {
    const value = flowValue(flow, key);
    if (value !== undefined) return value;
    throw new GremlinError('X-FIELD', `Values: the flow ${flow.UUID} has no field "${key}"`);
  });
}

/** Empty lists and maps are left out. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
