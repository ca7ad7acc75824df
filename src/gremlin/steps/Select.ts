// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { GremlinError } from '../error.js';
import { HandleList } from '../handles.js';
import { refuse } from '../params.js';
import type { StepDefinition } from '../step.js';
import { show } from '../syntax.js';

/** Named nodes again. */
export const Select: StepDefinition = {
  name: 'Select',
  doc: 'The nodes that As named, those of the first name first, repeats kept.',
  accepts: ['V'],
  returns: 'V',
  check: (call) => {
    if (call.params.length === 0) refuse(call, 'one or more names');
  },
  run: async (run, stage, input): Promise<Nodes> => {
    const found = new HandleList();
    for (const param of stage.call.params) {
      if (param.kind !== 'string')
        throw new GremlinError(
          'X-ARG',
          `Select takes names (strings), not ${show(param)} at position ${param.position}`,
        );
      const named = run.names.get(param.value);
      if (named === undefined)
        throw new GremlinError('X-AS', `Select: no step As("${param.value}") came before`);
      found.append((await run.ordered(named)).handles);
      run.checkRows(found.length);
    }
    return { kind: 'V', scope: (input as Nodes).scope, handles: found.take(), ordered: true };
  },
};
