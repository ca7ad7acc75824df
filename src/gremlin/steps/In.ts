// SPDX-License-Identifier: Apache-2.0

import { adjacent } from '../adjacent.js';
import type { StepDefinition } from '../step.js';

/** To the parents. */
export const In: StepDefinition = {
  name: 'In',
  doc: 'The parents of each node, edge by edge, repeats kept; conditions are on the nodes reached. Of flows: the node with the MAC address of end A.',
  ...adjacent('in'),
};
