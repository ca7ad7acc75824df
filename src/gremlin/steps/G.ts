// SPDX-License-Identifier: Apache-2.0

import type { Edges, Nodes } from '../current.js';
import type { StepDefinition } from '../step.js';

/** Back to the graph, so that one query can go through it several times: `G.V()….As("a").G.V()…`. */
export const G: StepDefinition = {
  name: 'G',
  bare: true,
  doc: 'Goes back to the graph that the current nodes or edges are in. Names given by As survive.',
  accepts: ['V', 'E'],
  returns: 'Graph',
  order: 'drops',
  run: (_run, _stage, input) => ({ kind: 'Graph', scope: (input as Nodes | Edges).scope }),
};
