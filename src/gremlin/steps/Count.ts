// SPDX-License-Identifier: Apache-2.0

import { lengthOf } from '../current.js';
import { nothing } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A number. */
export const Count: StepDefinition = {
  name: 'Count',
  doc: 'How many there are.',
  accepts: ['V', 'E'],
  returns: 'Value',
  check: nothing,
  run: (_run, _stage, input) => ({ kind: 'Value', value: lengthOf(input) }),
};
