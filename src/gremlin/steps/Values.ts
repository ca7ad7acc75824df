// SPDX-License-Identifier: Apache-2.0

import type { Nodes, Value } from '../current.js';
import { retrieve } from '../fields.js';
import { orNull } from '../list.js';
import { oneString, stringAt } from '../params.js';
import type { StepDefinition } from '../step.js';

/** The values of one field. */
export const Values: StepDefinition = {
  name: 'Values',
  doc: 'The field of each node that has it, as a list. Numbers in texts are numbers, booleans 1 and 0, fractions cut.',
  accepts: ['V'],
  returns: 'Value',
  check: oneString,
  run: async (run, stage, input): Promise<Value> => {
    const key = stringAt(stage.call);
    const { scope, handles } = await run.ordered(input as Nodes);
    const values: unknown[] = [];
    for (let i = 0; i < handles.length; i++) {
      const value = retrieve(scope.view.node(handles[i]!), key);
      if (value !== undefined && !isEmpty(value)) values.push(value);
      if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
    }
    return { kind: 'Value', value: orNull(values) };
  },
};

/** Empty lists and maps are left out. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
