// SPDX-License-Identifier: Apache-2.0

import type { GroupResult } from '../current.js';
import type { StepDefinition } from '../step.js';

/** Conversations seen at more than one place. */
export const MoreThan: StepDefinition = {
  name: 'MoreThan',
  extension: true,
  doc: 'The groups of more than one flow. A parameter is taken but means nothing, as clients know it.',
  accepts: ['Group'],
  returns: 'Group',
  run: (_run, _stage, input): GroupResult => ({
    kind: 'Group',
    groups: new Map([...(input as GroupResult).groups].filter(([, flows]) => flows.length > 1)),
  }),
};
