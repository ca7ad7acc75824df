// SPDX-License-Identifier: Apache-2.0

import { lengthOf } from '../length.js';
import { nothing } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A number. */
export const Count: StepDefinition = {
  name: 'Count',
  doc: 'How many there are; of metrics, how many nodes or flows have some.',
  accepts: ['V', 'E', 'Flows', 'Metrics'],
  returns: 'Value',
  order: 'drops',
  check: nothing,
  run: async (_run, _stage, input) => ({ kind: 'Value', value: await lengthOf(input) }),
};
