// SPDX-License-Identifier: Apache-2.0

import { boundsOf, slicePage } from './absorb.js';
import type { Current, Edges, Nodes } from './current.js';
import type { StepDefinition } from './step.js';

/** What Limit and Range have in common where no step in front of them took them in. */
export const paging: Pick<StepDefinition, 'accepts' | 'returns' | 'order' | 'run'> = {
  accepts: ['V', 'E'],
  returns: 'what it follows',
  order: 'needs',
  run: async (run, stage, input): Promise<Current> => {
    const page = boundsOf(stage.call);
    const from = await run.ordered(input as Nodes | Edges);
    return { ...from, handles: slicePage(from.handles, page) };
  },
};
