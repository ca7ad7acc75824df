// SPDX-License-Identifier: Apache-2.0

import { adjacent } from '../adjacent.js';
import type { StepDefinition } from '../step.js';

/** To the nodes at the other ends. */
export const Both: StepDefinition = {
  name: 'Both',
  doc: 'The nodes at the other ends of each node, edge by edge, repeats kept; conditions are on the nodes reached. Of flows: the node with the MAC address of end A and of end B.',
  ...adjacent('both'),
};
