// SPDX-License-Identifier: Apache-2.0

import type { FlowsResult, Nodes, SocketsResult } from '../current.js';
import { socketsOfFlows, socketsOfNodes } from '../sockets.js';
import type { StepDefinition } from '../step.js';

/** Processes. */
export const Sockets: StepDefinition = {
  name: 'Sockets',
  extension: true,
  doc: 'The sockets of hosts, by node, or those at the ends of flows, by flow: which process talks.',
  accepts: ['V', 'Flows'],
  returns: 'Sockets',
  order: 'drops',
  run: (run, _stage, input): Promise<SocketsResult> =>
    input.kind === 'Flows' ? socketsOfFlows(run, input as FlowsResult) : socketsOfNodes(run, input as Nodes),
};
