// SPDX-License-Identifier: Apache-2.0

import { absorbsHas } from '../absorb.js';
import type { FlowsResult, Nodes } from '../current.js';
import { endsOfFlows } from '../flows/ends.js';
import { toNeighbours } from '../moves.js';
import type { StepDefinition } from '../step.js';

/** To the children. */
export const Out: StepDefinition = {
  name: 'Out',
  doc: 'The children of each node, edge by edge, repeats kept; conditions are on the nodes reached. Of flows: the node with the MAC address of end B.',
  accepts: ['V', 'Flows'],
  returns: 'V',
  walks: true,
  absorbs: absorbsHas(0),
  run: (run, stage, input) =>
    input.kind === 'Flows'
      ? endsOfFlows(run, stage, input as FlowsResult, 'out')
      : toNeighbours(run, stage, input as Nodes, 'out'),
};
