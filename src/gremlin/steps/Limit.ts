// SPDX-License-Identifier: Apache-2.0

import { paging } from '../paging.js';
import { refuse } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A page of the elements. Most steps take it in and stop early. */
export const Limit: StepDefinition = {
  name: 'Limit',
  doc: 'Keeps the first n elements.',
  ...paging,
  check: (call) => {
    if (call.params.length !== 1) refuse(call, 'n');
  },
};
