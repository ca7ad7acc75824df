// SPDX-License-Identifier: Apache-2.0

import { absorbsPage } from '../absorb.js';
import type { Current } from '../current.js';
import { keep, requireConditions } from '../keep.js';
import type { StepDefinition } from '../step.js';

/** Keeps what meets one condition at least. */
export const HasEither: StepDefinition = {
  name: 'HasEither',
  doc: 'Keeps the elements that meet at least one of the conditions.',
  accepts: ['V', 'E', 'Sockets'],
  returns: 'what it follows',
  absorbs: absorbsPage,
  run: (run, stage, input): Promise<Current> => keep(run, stage, input, requireConditions(stage.call, 'or')),
};
