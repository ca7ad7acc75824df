// SPDX-License-Identifier: Apache-2.0

import type { Value } from '../current.js';
import { nothing } from '../params.js';
import type { StepDefinition } from '../step.js';

/** How the query ran. Not in the original. */
export const Explain: StepDefinition = {
  name: 'Explain',
  doc: 'Instead of the result: for each step what it took in, how it found elements or which question it put to flow tables and stores, how many it gave and how long it took.',
  accepts: [
    'Graph',
    'V',
    'E',
    'Paths',
    'Value',
    'Flows',
    'Metrics',
    'RawPackets',
    'Sockets',
    'Group',
    'NextHop',
  ],
  returns: 'Value',
  order: 'needs',
  check: nothing,
  run: (run): Value => ({ kind: 'Value', value: [...run.trace] }),
};
