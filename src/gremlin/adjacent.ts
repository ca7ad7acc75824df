// SPDX-License-Identifier: Apache-2.0

import type { Direction } from '../graph/view.js';
import { absorbsHas } from './absorb.js';
import type { FlowsResult, Nodes } from './current.js';
import { endsOfFlows } from './flows/ends.js';
import { toNeighbours } from './moves.js';
import type { StepDefinition } from './step.js';

/** What In, Out and Both have in common: from nodes to nodes, and from flows to the nodes at their ends. */
export function adjacent(
  direction: Direction,
): Pick<StepDefinition, 'accepts' | 'returns' | 'walks' | 'absorbs' | 'run'> {
  return {
    accepts: ['V', 'Flows'],
    returns: 'V',
    walks: true,
    absorbs: absorbsHas(0),
    run: (run, stage, input) =>
      input.kind === 'Flows'
        ? endsOfFlows(run, stage, input as FlowsResult, direction)
        : toNeighbours(run, stage, input as Nodes, direction),
  };
}
