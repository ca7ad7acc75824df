// SPDX-License-Identifier: Apache-2.0

import type { Direction } from '../../graph/view.js';
import { conditionsCall, pageOf, slicePage } from '../absorb.js';
import { conditionsOf } from '../conditions.js';
import type { FlowsResult, Nodes } from '../current.js';
import type { Flow } from '../flow-source.js';
import type { Run } from '../run.js';
import type { Stage } from '../step.js';
import { findNodes, nodesFrom } from './nodes.js';

/** In, Out, Both of flows: the nodes with the MAC address of end A, B, or A then B; flows without link are skipped. */
export async function endsOfFlows(
  run: Run,
  stage: Stage,
  input: FlowsResult,
  direction: Direction,
): Promise<Nodes> {
  const { scope } = input;
  const flows = await input.flows();
  const endsOf = ({ Link }: Flow): readonly string[] => {
    const ends = direction === 'both' ? [Link?.A, Link?.B] : [direction === 'in' ? Link?.A : Link?.B];
    return ends.filter((mac) => mac !== undefined && mac !== '') as readonly string[];
  };
  const macs = new Set<string>();
  await run.scheduler.each(flows, (flow) => {
    for (const mac of endsOf(flow)) macs.add(mac);
  });
  const filter = conditionsOf(conditionsCall(stage));
  const node = await findNodes(run, scope, ['MAC', 'PeerIntfMAC'], macs, filter);
  const nodes = await nodesFrom(run, scope, flows, (flow) => endsOf(flow).map(node));
  return { ...nodes, handles: slicePage(nodes.handles, pageOf(stage)) };
}
