// SPDX-License-Identifier: Apache-2.0

import type { Nodes, Value } from '../current.js';
import { retrieve } from '../fields.js';
import { orNull } from '../list.js';
import { someStrings, stringAt } from '../params.js';
import type { StepDefinition } from '../step.js';

/** Several fields of each node. */
export const ValueMap: StepDefinition = {
  name: 'ValueMap',
  doc: 'A map of the given keys and their values for each node that has one of them.',
  accepts: ['V'],
  returns: 'Value',
  check: someStrings,
  run: async (run, stage, input): Promise<Value> => {
    const keys = stage.call.params.map((_, i) => stringAt(stage.call, i));
    const { scope, handles } = await run.ordered(input as Nodes);
    const maps: unknown[] = [];
    for (let i = 0; i < handles.length; i++) {
      const node = scope.view.node(handles[i]!);
      const found = keys.map((key) => [key, retrieve(node, key)] as const).filter(([, v]) => v !== undefined);
      if (found.length > 0) maps.push(Object.fromEntries(found));
      if ((i & 255) === 255 && run.scheduler.due()) await run.scheduler.pause();
    }
    return { kind: 'Value', value: orNull(maps) };
  },
};
