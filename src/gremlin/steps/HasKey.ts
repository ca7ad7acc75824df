// SPDX-License-Identifier: Apache-2.0

import { absorbsPage } from '../absorb.js';
import type { Current } from '../current.js';
import { keep } from '../keep.js';
import { oneString, stringAt } from '../params.js';
import { present } from '../predicates.js';
import type { StepDefinition } from '../step.js';

/** Keeps what has the key. */
export const HasKey: StepDefinition = {
  name: 'HasKey',
  doc: 'Keeps the elements that have the key.',
  accepts: ['V', 'E'],
  returns: 'what it follows',
  check: oneString,
  absorbs: absorbsPage,
  run: (run, stage, input): Promise<Current> => keep(run, stage, input, present(stringAt(stage.call))),
};
