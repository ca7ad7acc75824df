// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { Edges } from '../current.js';
import { toEnds } from '../moves.js';
import type { StepDefinition } from '../step.js';

/** To the parent. */
export const InV: StepDefinition = {
  name: 'InV',
  doc: 'The parent of each edge (In is the parent: the inverse of TinkerPop); conditions are on the nodes.',
  accepts: ['E'],
  returns: 'V',
  walks: true,
  refusal: 'X-EXEC',
  absorbs: absorbsHas(0),
  run: (run, stage, input) => toEnds(run, stage, input as Edges, 'in'),
};
