// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { checkLineage, walkDown } from '../lineage.js';
import type { StepDefinition } from '../step.js';

/** The nodes and what is reachable downwards. */
export const Descendants: StepDefinition = {
  name: 'Descendants',
  extension: true,
  doc: 'The nodes and those reachable downwards within a depth (default 1, 0 for all) over edges that meet any of the conditions (default: ownership), each once.',
  accepts: ['V'],
  returns: 'V',
  walks: true,
  check: checkLineage,
  run: (run, stage, input) => walkDown(run, input as Nodes, 'out', stage.call),
};
