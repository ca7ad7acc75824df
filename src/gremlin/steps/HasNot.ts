// SPDX-License-Identifier: Apache-2.0

import { absorbsPage } from '../absorb.js';
import type { Current } from '../current.js';
import { keep } from '../keep.js';
import { oneString, stringAt } from '../params.js';
import { present } from '../predicates.js';
import type { StepDefinition } from '../step.js';

/** Keeps what lacks the key. */
export const HasNot: StepDefinition = {
  name: 'HasNot',
  doc: 'Keeps the elements that do not have the key.',
  accepts: ['V', 'E'],
  returns: 'what it follows',
  check: oneString,
  absorbs: absorbsPage,
  run: (run, stage, input): Promise<Current> =>
    keep(run, stage, input, { kind: 'not', filter: present(stringAt(stage.call)) }),
};
