// SPDX-License-Identifier: Apache-2.0

import { toInteger } from '../../graph/cast.js';
import type { Node } from '../../graph/element.js';
import { rawField } from '../../graph/field.js';
import type { Nodes, Value } from '../current.js';
import { GremlinError } from '../error.js';
import { retrieve } from '../fields.js';
import type { StepDefinition } from '../step.js';
import { type Call, show } from '../syntax.js';

/** The sum of a field. */
export const Sum: StepDefinition = {
  name: 'Sum',
  doc: 'The sum of a field; nodes that lack it count as 0.',
  accepts: ['V'],
  returns: 'Value',
  run: async (run, stage, input): Promise<Value> => {
    const key = keyOf(stage.call);
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
export function keyOf(call: Call): string {
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
