// SPDX-License-Identifier: Apache-2.0

import { boundsOf, slicePage } from '../absorb.js';
import type { Current, Edges, Nodes } from '../current.js';
import { refuse } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A page of the elements. Most steps take it in and stop early. */
export const Limit: StepDefinition = {
  name: 'Limit',
  doc: 'Keeps the first n elements.',
  accepts: ['V', 'E'],
  returns: 'what it follows',
  order: 'needs',
  check: (call) => {
    if (call.params.length !== 1) refuse(call, 'n');
  },
  run: async (run, stage, input): Promise<Current> => {
    const page = boundsOf(stage.call);
    const from = await run.ordered(input as Nodes | Edges);
    return { ...from, handles: slicePage(from.handles, page) };
  },
};
