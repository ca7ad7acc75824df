// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { Nodes } from '../current.js';
import { toNeighbours } from '../moves.js';
import type { StepDefinition } from '../step.js';

/** To the nodes at the other ends. */
export const Both: StepDefinition = {
  name: 'Both',
  doc: 'The nodes at the other ends of each node, edge by edge, repeats kept; conditions are on the nodes reached.',
  accepts: ['V'],
  returns: 'V',
  absorbs: absorbsHas(0),
  run: (run, stage, input) => toNeighbours(run, stage, input as Nodes, 'both'),
};
