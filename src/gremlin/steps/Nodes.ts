// SPDX-License-Identifier: Apache-2.0

import { absorbedConditions } from '../absorb.js';
import type { FlowsResult, Nodes as NodesResult } from '../current.js';
import { findNodes, nodesFrom } from '../flows/nodes.js';
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
    const flows = await result.flows();
    const condition = absorbedConditions(stage);
    const tids = new Set<string>();
    const macs = new Set<string>();
    await run.scheduler.each(flows, ({ NodeTID, Link }) => {
      tids.add(NodeTID ?? '');
      for (const mac of [Link?.A ?? '', Link?.B ?? '']) if (mac !== '') macs.add(mac);
    });
    const byTid = await findNodes(run, scope, ['TID'], tids, condition);
    const byMac = await findNodes(run, scope, ['MAC'], macs, condition);
    return nodesFrom(run, scope, flows, ({ NodeTID, Link }) => [
      byTid(NodeTID ?? ''),
      byMac(Link?.A ?? ''),
      byMac(Link?.B ?? ''),
    ]);
  },
};
