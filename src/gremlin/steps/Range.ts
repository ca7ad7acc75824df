// SPDX-License-Identifier: Apache-2.0

import { paging } from '../paging.js';
import { refuse } from '../params.js';
import type { StepDefinition } from '../step.js';

/** A page of the elements. Most steps take it in and stop early. */
export const Range: StepDefinition = {
  name: 'Range',
  doc: 'Keeps the elements from the first bound up to, not including, the second, counted from 0.',
  ...paging,
  check: (call) => {
    if (call.params.length !== 2) refuse(call, 'from and to');
  },
};
