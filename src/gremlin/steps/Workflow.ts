// SPDX-License-Identifier: Apache-2.0

import { decodeEdge, decodeNode } from '../../graph/codec.js';
import type { Edge, Node } from '../../graph/element.js';
import { snapshotView } from '../../graph/snapshot.js';
import type { GraphResult } from '../current.js';
import { GremlinError } from '../error.js';
import { refuse, stringAt } from '../params.js';
import { Scope } from '../scope.js';
import type { StepDefinition } from '../step.js';
import { type Param, show } from '../syntax.js';

/** A graph that a workflow makes. */
export const Workflow: StepDefinition = {
  name: 'Workflow',
  extension: true,
  doc: 'Runs a stored workflow, by name or id, with the further parameters; the nodes and edges it gives are the graph.',
  accepts: ['Graph'],
  returns: 'Graph',
  order: 'drops',
  check: (call) => {
    if (call.params[0]?.kind !== 'string') refuse(call, 'the name of a workflow, and its arguments');
  },
  run: async (run, stage): Promise<GraphResult> => {
    if (run.workflows === undefined)
      throw new GremlinError('X-EXEC', 'Workflow: there are no workflows here');
    const args = stage.call.params.slice(1).map(argument);
    const given = await run.workflows.call(stringAt(stage.call), args, run.scheduler.signal);
    run.scheduler.resumed();
    const now = (): number => run.nowMs;
    const nodes = listAt(given, 'nodes').map((json): Node => decodeNode(json, now));
    const edges = listAt(given, 'edges').map((json): Edge => decodeEdge(json, now));
    run.names.clear();
    return { kind: 'Graph', scope: new Scope(snapshotView({ kind: 'live' }, nodes, edges), false) };
  },
};

function argument(param: Param): unknown {
  if (param.kind !== 'predicate') return param.value;
  throw new GremlinError(
    'X-ARG',
    `Workflow takes plain values, not ${show(param)} at position ${param.position}`,
  );
}

/** A list in what the workflow gave, whatever the case of its name; empty when there is none. */
function listAt(given: unknown, name: string): readonly unknown[] {
  if (typeof given !== 'object' || given === null) return [];
  const found = Object.entries(given).find(([key]) => key.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found : [];
}
