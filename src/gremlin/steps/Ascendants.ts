// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { checkLineage, walkDown } from '../lineage.js';
import type { StepDefinition } from '../step.js';

/** The nodes and what is reachable upwards. */
export const Ascendants: StepDefinition = {
  name: 'Ascendants',
  extension: true,
  doc: 'The nodes and those reachable upwards within a depth (default 1, 0 for all) over edges that meet any of the conditions (default: ownership), each once.',
  accepts: ['V'],
  returns: 'V',
  walks: true,
  check: checkLineage,
  run: (run, stage, input) => walkDown(run, input as Nodes, 'in', stage.call),
};
