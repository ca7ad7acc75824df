// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { checkLineage, walkAround } from '../lineage.js';
import type { StepDefinition } from '../step.js';

/** The nodes and what is around them. */
export const Neighbors: StepDefinition = {
  name: 'Neighbors',
  extension: true,
  doc: 'The nodes and those within a depth (default 1) in either direction over edges that meet any of the conditions (default: ownership), each once.',
  accepts: ['V'],
  returns: 'V',
  walks: true,
  order: 'drops',
  check: checkLineage,
  run: (run, stage, input) => walkAround(run, input as Nodes, stage.call),
};
