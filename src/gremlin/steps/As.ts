// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { oneString, stringAt } from '../params.js';
import type { StepDefinition } from '../step.js';

/** Names the nodes. */
export const As: StepDefinition = {
  name: 'As',
  doc: 'Names the nodes, to be had again with Select; the last one of a name counts.',
  accepts: ['V'],
  returns: 'V',
  order: 'needs',
  check: oneString,
  run: (run, stage, input) => {
    run.names.set(stringAt(stage.call), input as Nodes);
    return input;
  },
};
