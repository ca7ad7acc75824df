// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { GraphResult } from '../current.js';
import { enumerate } from '../enumerate.js';
import { atMostOneString } from '../params.js';
import type { StepDefinition } from '../step.js';

/** All edges, or one. A `Has` right behind it runs on the index. */
export const E: StepDefinition = {
  name: 'E',
  doc: 'The edges of the graph, or the one with the given ID.',
  accepts: ['Graph'],
  returns: 'E',
  order: 'drops',
  refusal: 'X-EXEC',
  check: atMostOneString,
  absorbs: absorbsHas(2),
  run: (run, stage, input) => enumerate(run, stage, (input as GraphResult).scope, 'edge'),
};
