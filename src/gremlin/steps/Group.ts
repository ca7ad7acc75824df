// SPDX-License-Identifier: Apache-2.0

import type { FlowsResult, GroupResult } from '../current.js';
import type { Flow } from '../flow-source.js';
import type { StepDefinition } from '../step.js';

/** Flows that are one conversation, seen at several places. */
export const Group: StepDefinition = {
  name: 'Group',
  extension: true,
  doc: 'The flows by their TrackingID.',
  accepts: ['Flows'],
  returns: 'Group',
  run: async (run, _stage, input): Promise<GroupResult> => {
    const groups = new Map<string, Flow[]>();
    await run.scheduler.each(await (input as FlowsResult).flows(), (flow) => {
      const id = flow.TrackingID ?? '';
      const group = groups.get(id);
      if (group === undefined) groups.set(id, [flow]);
      else group.push(flow);
    });
    return { kind: 'Group', groups };
  },
};
