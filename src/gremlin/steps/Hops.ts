// SPDX-License-Identifier: Apache-2.0

import { absorbedConditions } from '../absorb.js';
import type { FlowsResult, Nodes } from '../current.js';
import { findNodes, nodesFrom, textsOf } from '../flows/nodes.js';
import type { StepDefinition } from '../step.js';

/** Where flows were captured. */
export const Hops: StepDefinition = {
  name: 'Hops',
  aliases: ['CaptureNode', 'Node'],
  extension: true,
  doc: 'For each flow the node that it was captured on, repeats kept; conditions are on the nodes.',
  accepts: ['Flows'],
  returns: 'V',
  absorbs: (_stage, next) => next.name === 'Has',
  run: async (run, stage, input): Promise<Nodes> => {
    const { scope, ...result } = input as FlowsResult;
    const [tids] = await result.columns(['NodeTID']);
    const node = await findNodes(run, scope, ['TID'], await textsOf(run, [tids!]), absorbedConditions(stage));
    return nodesFrom(run, scope, [[tids!, node]]);
  },
};
