// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import { absorbsPage, pageOf } from '../absorb.js';
import { both } from '../conditions.js';
import type { FlowsResult, GraphResult, Nodes, Paths } from '../current.js';
import type { FlowQuery } from '../flow-source.js';
import { capturedOn } from '../flows/capturable.js';
import { flowConditions } from '../flows/conditions.js';
import { answersOf } from '../flows/stored.js';
import { refuse, stringAt } from '../params.js';
import type { Scope } from '../scope.js';
import type { Stage, StepDefinition } from '../step.js';
import { sortingOf } from './Sort.js';

/** Flows. */
export const Flows: StepDefinition = {
  name: 'Flows',
  extension: true,
  doc: 'The flows, or those captured on the nodes; live ones, or in a time context stored ones. Has, HasEither, Sort, Dedup and one Limit behind it are part of the question.',
  accepts: ['Graph', 'V', 'Paths'],
  returns: 'Flows',
  order: 'drops',
  check: (call) => {
    const wrong =
      call.params.length % 2 !== 0 || call.params.some((p, i) => i % 2 === 0 && p.kind !== 'string');
    if (wrong) refuse(call, 'pairs of a flow field and a value');
  },
  absorbs: (stage, next) =>
    ['Has', 'HasEither', 'Dedup', 'Sort'].includes(next.name) || absorbsPage(stage, next),
  run: async (run, stage, input): Promise<FlowsResult> => {
    const { scope } = input as GraphResult | Nodes | Paths;
    const nodes = input.kind === 'V' || input.kind === 'Paths' ? await capturedOn(run, input) : undefined;
    const query: FlowQuery = { ...queryOf(stage), ...(nodes === undefined ? {} : { nodes }) };
    const request = { query, page: pageOf(stage), past: pastOf(scope) };
    return { kind: 'Flows', scope, request, ...answersOf(run, request) };
  },
};

/** What the step and those it took in ask for; of several Sort or Dedup the last counts. */
function queryOf(stage: Stage): FlowQuery {
  let filter: Filter | undefined = stage.call.params.length === 0 ? undefined : flowConditions(stage.call);
  let sort: FlowQuery['sort'];
  let dedupBy: string | undefined;
  for (const call of stage.absorbed) {
    if (call.name === 'Has' || call.name === 'HasEither') filter = both(filter, flowConditions(call));
    if (call.name === 'Dedup') dedupBy = stringAt(call) || 'TrackingID';
    if (call.name === 'Sort') {
      const { key, descending } = sortingOf(call);
      sort = { by: key ?? 'Last', descending };
    }
  }
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(sort === undefined ? {} : { sort }),
    ...(dedupBy === undefined ? {} : { dedupBy }),
  };
}

function pastOf({ context }: Scope): FlowsResult['request']['past'] {
  if (context.kind === 'live') return undefined;
  return { ...context.slice, point: context.kind === 'instant' };
}
