// SPDX-License-Identifier: Apache-2.0

import type { GroupResult } from '../current.js';
import type { Flow } from '../flow-source.js';
import type { StepDefinition } from '../step.js';

/** Conversations seen at more than one place. */
export const MoreThan: StepDefinition = {
  name: 'MoreThan',
  extension: true,
  doc: 'The groups of more than one flow. A parameter is taken but means nothing, as clients know it.',
  accepts: ['Group'],
  returns: 'Group',
  run: async (run, _stage, input): Promise<GroupResult> => {
    const groups = new Map<string, readonly Flow[]>();
    await run.scheduler.each((input as GroupResult).groups, ([id, flows]) => {
      if (flows.length > 1) groups.set(id, flows);
    });
    return { kind: 'Group', groups };
  },
};
