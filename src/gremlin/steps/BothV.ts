// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { Edges } from '../current.js';
import { toEnds } from '../moves.js';
import type { StepDefinition } from '../step.js';

/** To the parent and child. */
export const BothV: StepDefinition = {
  name: 'BothV',
  doc: 'The parent and child of each edge (In is the parent: the inverse of TinkerPop); conditions are on the nodes.',
  accepts: ['E'],
  returns: 'V',
  walks: true,
  refusal: 'X-EXEC',
  absorbs: absorbsHas(0),
  run: (run, stage, input) => toEnds(run, stage, input as Edges, 'both'),
};
