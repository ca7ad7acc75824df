// SPDX-License-Identifier: Apache-2.0

import type { Nodes } from '../current.js';
import { GremlinError } from '../error.js';
import { refuse } from '../params.js';
import { metadataFilter, shortestPaths } from '../paths.js';
import type { StepDefinition } from '../step.js';
import type { Call, Param } from '../syntax.js';

/** Paths. */
export const ShortestPathTo: StepDefinition = {
  name: 'ShortestPathTo',
  doc: 'For each node a shortest path, whatever the direction of the edges, to the nearest node with the given Metadata(…); a second Metadata(…) restricts the edges.',
  accepts: ['V'],
  returns: 'Paths',
  walks: true,
  refusal: 'X-EXEC',
  check: (call) => {
    if (call.params.length < 1 || call.params.length > 2) refuse(call, 'Metadata(…), once or twice');
  },
  run: (run, stage, input) => {
    const [target, edges] = stage.call.params.map((param) => metadataOf(stage.call, param));
    return shortestPaths(run, input as Nodes, metadataFilter(target!), edges && metadataFilter(edges));
  },
};

function metadataOf(call: Call, param: Param): readonly Param[] {
  if (param.kind === 'predicate' && param.name === 'Metadata') return param.params;
  throw new GremlinError(
    'X-EXEC',
    `ShortestPathTo at position ${call.position} takes Metadata("key", "value", …)`,
  );
}
