// SPDX-License-Identifier: Apache-2.0

import { absorbedConditions } from '../absorb.js';
import type { FlowsResult, Nodes as NodesResult } from '../current.js';
import { findNodes, nodesFrom, textsOf } from '../flows/nodes.js';
import type { StepDefinition } from '../step.js';

/** Everything that flows touch. */
export const Nodes: StepDefinition = {
  name: 'Nodes',
  extension: true,
  doc: 'For each flow the node that it was captured on and those with the MAC addresses of its ends; conditions are on the nodes.',
  accepts: ['Flows'],
  returns: 'V',
  absorbs: (_stage, next) => next.name === 'Has',
  run: async (run, stage, input): Promise<NodesResult> => {
    const { scope, ...result } = input as FlowsResult;
    const [tids, a, b] = await result.columns(['NodeTID', 'Link.A', 'Link.B']);
    const condition = absorbedConditions(stage);
    const byTid = await findNodes(run, scope, ['TID'], await textsOf(run, [tids!]), condition);
    const byMac = await findNodes(run, scope, ['MAC'], await textsOf(run, [a!, b!]), condition);
    return nodesFrom(run, scope, [
      [tids!, byTid],
      [a!, byMac],
      [b!, byMac],
    ]);
  },
};
