// SPDX-License-Identifier: Apache-2.0

import { isIP } from 'node:net';
import type { NextHopResult, Nodes } from '../current.js';
import { refuse, stringAt } from '../params.js';
import { type NextHopRecord, nextHop } from '../routing.js';
import type { StepDefinition } from '../step.js';

/** Routing. */
export const NextHop: StepDefinition = {
  name: 'NextHop',
  extension: true,
  doc: 'Where each node with routing tables sends packets for an IP address.',
  accepts: ['V'],
  returns: 'NextHop',
  order: 'drops',
  check: (call) => {
    if (call.params.length !== 1 || call.params[0]!.kind !== 'string' || isIP(stringAt(call)) === 0)
      refuse(call, 'one IP address');
  },
  run: async (run, stage, input): Promise<NextHopResult> => {
    const ip = stringAt(stage.call);
    const { scope, handles } = await run.ordered(input as Nodes);
    const hops = new Map<string, NextHopRecord>();
    for (const handle of handles) {
      const { ID, Metadata } = scope.view.node(handle);
      const hop = nextHop(Metadata['RoutingTables'], Metadata['Neighbors'], ip);
      if (hop !== undefined) hops.set(ID, hop);
      if (run.scheduler.due()) await run.scheduler.pause();
    }
    return { kind: 'NextHop', hops };
  },
};
