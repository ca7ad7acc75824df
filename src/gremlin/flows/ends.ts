// SPDX-License-Identifier: Apache-2.0

import type { Direction } from '../../graph/view.js';
import { conditionsCall, pageOf, slicePage } from '../absorb.js';
import { conditionsOf } from '../conditions.js';
import type { FlowsResult, Nodes } from '../current.js';
import type { Run } from '../run.js';
import type { Stage } from '../step.js';
import { findNodes, nodesFrom, textsOf } from './nodes.js';

/** In, Out, Both of flows: the nodes with the MAC address of end A, B, or A then B; flows without link are skipped. */
export async function endsOfFlows(
  run: Run,
  stage: Stage,
  input: FlowsResult,
  direction: Direction,
): Promise<Nodes> {
  const { scope } = input;
  const fields = { in: ['Link.A'], out: ['Link.B'], both: ['Link.A', 'Link.B'] }[direction];
  const columns = await input.columns(fields);
  const filter = conditionsOf(conditionsCall(stage));
  const node = await findNodes(run, scope, ['MAC', 'PeerIntfMAC'], await textsOf(run, columns), filter);
  const nodes = await nodesFrom(
    run,
    scope,
    columns.map((column) => [column, node]),
  );
  return { ...nodes, handles: slicePage(nodes.handles, pageOf(stage)) };
}
