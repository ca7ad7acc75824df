// SPDX-License-Identifier: Apache-2.0

import { boundsOf, slicePage } from '../absorb.js';
import type { Current, Edges, Nodes } from '../current.js';
import { refuse } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A page of the elements. Most steps take it in and stop early. */
export const Range: StepDefinition = {
  name: 'Range',
  doc: 'Keeps the elements from the first bound up to, not including, the second, counted from 0.',
  accepts: ['V', 'E'],
  returns: 'what it follows',
  order: 'needs',
  check: (call) => {
    if (call.params.length !== 2) refuse(call, 'from and to');
  },
  run: async (run, stage, input): Promise<Current> => {
    const page = boundsOf(stage.call);
    const from = await run.ordered(input as Nodes | Edges);
    return { ...from, handles: slicePage(from.handles, page) };
  },
};
