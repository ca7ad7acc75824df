// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { Nodes } from '../current.js';
import { toEdges } from '../moves.js';
import type { StepDefinition } from '../step.js';

/** To the edges that the node is the parent of. */
export const OutE: StepDefinition = {
  name: 'OutE',
  doc: 'The edges that the node is the parent of, for each node, repeats kept; conditions are on the edges.',
  accepts: ['V'],
  returns: 'E',
  refusal: 'X-EXEC',
  absorbs: absorbsHas(0),
  run: (run, stage, input) => toEdges(run, stage, input as Nodes, 'out'),
};
