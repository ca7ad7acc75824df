// SPDX-License-Identifier: Apache-2.0

import { absorbsPage } from '../absorb.js';
import type { Current } from '../current.js';
import { keep, requireConditions } from '../keep.js';
import type { StepDefinition } from '../step.js';

/** Keeps what meets all conditions. */
export const Has: StepDefinition = {
  name: 'Has',
  doc: 'Keeps the elements that meet all conditions: a key that is there, or pairs of a key and a value or predicate.',
  accepts: ['V', 'E', 'Value', 'Sockets'],
  returns: 'what it follows',
  absorbs: absorbsPage,
  run: (run, stage, input): Promise<Current> => keep(run, stage, input, requireConditions(stage.call, 'and')),
};
